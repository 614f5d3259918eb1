using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

/// <summary>No users: all of them.</summary>
public sealed class DescribeUserScramCredentialsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DescribeUserScramCredentials, 0, 0, FlexibleFrom: 0);

    public IReadOnlyList<User>? Users;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.NullableItems(ref Users);
        wire.Tags();
    }

    public sealed class User : IWireItem
    {
        public string Name = string.Empty;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref Name);
            wire.Tags();
        }
    }
}

public sealed class DescribeUserScramCredentialsResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public string? ErrorMessage;

    public IReadOnlyList<Result> Results = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.NullableText(ref ErrorMessage);
        wire.Items(ref Results);
        wire.Tags();
    }

    public sealed class Result : IWireItem
    {
        public string User = string.Empty;

        public KafkaError Error;

        public string? ErrorMessage;

        public IReadOnlyList<Credential> Credentials = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref User);
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Items(ref Credentials);
            wire.Tags();
        }
    }

    public sealed class Credential : IWireItem
    {
        /// <summary>1: SCRAM-SHA-256, 2: SCRAM-SHA-512.</summary>
        public sbyte Mechanism;

        public int Iterations;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Int8(ref Mechanism);
            wire.Int32(ref Iterations);
            wire.Tags();
        }
    }
}
