using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class ConsumerGroupDescribeRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.ConsumerGroupDescribe, 0, 1, FlexibleFrom: 0);

    public IReadOnlyList<string> Groups = [];

    public bool IncludeAuthorizedOperations;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Texts(ref Groups);
        wire.Flag(ref IncludeAuthorizedOperations);
        wire.Tags();
    }
}

public sealed class ConsumerGroupDescribeResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Group> Groups = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Items(ref Groups);
        wire.Tags();
    }

    public sealed class Group : IWireItem
    {
        public KafkaError Error;

        public string? ErrorMessage;

        public string GroupId = string.Empty;

        public string State = string.Empty;

        public int Epoch;

        public int AssignmentEpoch;

        public string Assignor = string.Empty;

        public IReadOnlyList<Member> Members = [];

        public int AuthorizedOperations = int.MinValue;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Text(ref GroupId);
            wire.Text(ref State);
            wire.Int32(ref Epoch);
            wire.Int32(ref AssignmentEpoch);
            wire.Text(ref Assignor);
            wire.Items(ref Members);
            wire.Int32(ref AuthorizedOperations);
            wire.Tags();
        }
    }

    public sealed class Member : IWireItem
    {
        public string MemberId = string.Empty;

        public string? InstanceId;

        public string? RackId;

        public int Epoch;

        public string ClientId = string.Empty;

        public string ClientHost = string.Empty;

        public IReadOnlyList<string> SubscribedTopicNames = [];

        public string? SubscribedTopicRegex;

        public IReadOnlyList<Topic> Assigned = [];

        public IReadOnlyList<Topic> Target = [];

        /// <summary>0: of the classic protocol, 1: of this one.</summary>
        public sbyte Type = 1;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref MemberId);
            wire.NullableText(ref InstanceId);
            wire.NullableText(ref RackId);
            wire.Int32(ref Epoch);
            wire.Text(ref ClientId);
            wire.Text(ref ClientHost);
            wire.Texts(ref SubscribedTopicNames);
            wire.NullableText(ref SubscribedTopicRegex);
            wire.Items(ref Assigned);
            wire.Tags();
            wire.Items(ref Target);
            wire.Tags();
            if (wire.Version >= 1)
                wire.Int8(ref Type);
            wire.Tags();
        }
    }

    public sealed class Topic : IWireItem
    {
        public Guid TopicId;

        public string TopicName = string.Empty;

        public IReadOnlyList<int> Partitions = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Uuid(ref TopicId);
            wire.Text(ref TopicName);
            wire.Int32s(ref Partitions);
            wire.Tags();
        }
    }
}
