using RobustMQ.Kafka.Protocol;
using RobustMQ.Records.Batches;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>What a produced batch must be before it is handed on. Its bytes, checksum and counts are checked by the storage.</summary>
internal static class ProducedBatch
{
    /// <summary>Where zstd may be used: clients of an older version could not read it back.</summary>
    private const short ZstdFrom = 7;

    public static (KafkaError Error, string? Message) Check(ReadOnlySpan<byte> records, short version)
    {
        const int MagicAt = 16;
        if (records.Length > MagicAt && records[MagicAt] < RecordBatchHeader.CurrentMagic)
            return (KafkaError.UnsupportedForMessageFormat, "message sets of magic 0 and 1 are not taken: use a client of Kafka 0.11 or later");
        if (records.Length <= RecordBatchHeader.Size)
            return (KafkaError.CorruptMessage, "no record batch");
        var header = new RecordBatchHeader(records);
        if (header.Magic != RecordBatchHeader.CurrentMagic)
            return (KafkaError.CorruptMessage, "unknown magic");
        if (header.TotalBytes < records.Length)
            return (KafkaError.InvalidRecord, "one batch a partition");
        if ((header.Attributes & RecordBatchHeader.ControlFlag) != 0)
            return (KafkaError.InvalidRecord, "clients do not write control batches");
        if ((header.Attributes & RecordBatchHeader.TransactionalFlag) != 0)
            return (KafkaError.InvalidTransactionState, "transactions are not offered");
        if (header.Compression == Compression.Zstd && version < ZstdFrom)
            return (KafkaError.UnsupportedCompressionType, "zstd needs produce version 7");
        return (KafkaError.None, null);
    }
}
