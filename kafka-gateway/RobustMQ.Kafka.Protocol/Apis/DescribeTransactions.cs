using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Apis;

public sealed class DescribeTransactionsRequest : IKafkaRequest
{
    public static KafkaApi Api { get; } = new(ApiKey.DescribeTransactions, 0, 0, FlexibleFrom: 0);

    public IReadOnlyList<string> TransactionalIds = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Texts(ref TransactionalIds);
        wire.Tags();
    }
}

public sealed class DescribeTransactionsResponse : ThrottledResponse, IWireItem
{
    public IReadOnlyList<Transaction> Transactions = [];

    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct
    {
        wire.Int32(ref ThrottleMs);
        wire.Items(ref Transactions);
        wire.Tags();
    }

    public sealed class Transaction : IWireItem
    {
        public KafkaError Error;

        public string TransactionalId = string.Empty;

        public string State = string.Empty;

        public int TimeoutMs;

        /// <summary>Unix milliseconds; -1: none is open.</summary>
        public long StartedMs = -1;

        public long ProducerId = -1;

        public short ProducerEpoch = -1;

        public IReadOnlyList<TopicPartitions> Topics = [];

        public void Carry<TWire>(ref TWire wire)
            where TWire : struct, IWire, allows ref struct
        {
            wire.Error(ref Error);
            wire.Text(ref TransactionalId);
            wire.Text(ref State);
            wire.Int32(ref TimeoutMs);
            wire.Int64(ref StartedMs);
            wire.Int64(ref ProducerId);
            wire.Int16(ref ProducerEpoch);
            wire.Items(ref Topics);
            wire.Tags();
        }
    }
}
