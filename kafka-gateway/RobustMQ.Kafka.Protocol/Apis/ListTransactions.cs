using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class ListTransactionsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.ListTransactions, 0, 1, FlexibleFrom: 0);

    /// <summary>Empty: all.</summary>
    public IReadOnlyList<string> States = [];

    /// <summary>Empty: all.</summary>
    public IReadOnlyList<long> ProducerIds = [];

    /// <summary>Only what has been open for longer; -1: all.</summary>
    public long DurationMs = -1;

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Texts(ref States);
        wire.Int64s(ref ProducerIds);
        if (wire.Version >= 1)
            wire.Int64(ref DurationMs);
        wire.Tags();
    }
}

public sealed class ListTransactionsResponse : ThrottledResponse, IWireItem
{
    public KafkaError Error;

    public IReadOnlyList<string> UnknownStates = [];

    public IReadOnlyList<Transaction> Transactions = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Error(ref Error);
        wire.Texts(ref UnknownStates);
        wire.Items(ref Transactions);
        wire.Tags();
    }

    public sealed class Transaction : IWireItem
    {
        public string TransactionalId = string.Empty;

        public long ProducerId;

        public string State = string.Empty;

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Text(ref TransactionalId);
            wire.Int64(ref ProducerId);
            wire.Text(ref State);
            wire.Tags();
        }
    }
}
