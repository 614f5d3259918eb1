using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class AlterUserScramCredentialsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.AlterUserScramCredentials, 0, 0, FlexibleFrom: 0);

    public IReadOnlyList<Deletion> Deletions = [];

    public IReadOnlyList<Upsertion> Upsertions = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Items(ref Deletions);
        wire.Items(ref Upsertions);
        wire.Tags();
    }

    public sealed class Deletion : IWireItem
    {
        public string User = string.Empty;

        public sbyte Mechanism;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref User);
            wire.Int8(ref Mechanism);
            wire.Tags();
        }
    }

    public sealed class Upsertion : IWireItem
    {
        public string User = string.Empty;

        public sbyte Mechanism;

        public int Iterations;

        public ReadOnlyMemory<byte> Salt;

        public ReadOnlyMemory<byte> SaltedPassword;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref User);
            wire.Int8(ref Mechanism);
            wire.Int32(ref Iterations);
            wire.Bytes(ref Salt);
            wire.Bytes(ref SaltedPassword);
            wire.Tags();
        }
    }
}

public sealed class AlterUserScramCredentialsResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Result> Results = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Items(ref Results);
        wire.Tags();
    }

    public sealed class Result : IWireItem
    {
        public string User = string.Empty;

        public KafkaError Error;

        public string? ErrorMessage;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref User);
            wire.Error(ref Error);
            wire.NullableText(ref ErrorMessage);
            wire.Tags();
        }
    }
}
