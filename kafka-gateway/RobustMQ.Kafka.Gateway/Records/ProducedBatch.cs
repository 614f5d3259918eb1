using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records.Batches;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// What a produced batch must be before it is handed on. Its bytes, checksum and counts are checked by the storage. Looked for in the records themselves is the attribute that
/// makes a key a subject: with it a client would publish under subjects that its permissions do not give it; and the key, where a topic keeps records by it.
/// </summary>
internal static class ProducedBatch
{
    /// <summary>Where zstd may be used: clients of an older version could not read it back.</summary>
    private const short ZstdFrom = 7;

    /// <summary>Decompressed records of a batch that has to be looked into.</summary>
    private const int OpenedBytesMax = 64 << 20;

    /// <summary>Records that are named where a batch is refused for them; a client takes the others for victims of these.</summary>
    private const int NamedRecordsMax = 1_000;

    /// <param name="isRestricted">The producer may not publish everything: compressed batches are looked into as well, which the others are spared.</param>
    /// <param name="needsKeys">The topic is compacted, which is by key: here too compressed batches are looked into.</param>
    public static BatchVerdict Check(ReadOnlyMemory<byte> batch, short version, bool isRestricted, bool needsKeys = false)
    {
        var frame = CheckFrame(batch.Span, version);
        if (frame.Error != KafkaError.None || (new RecordBatchHeader(batch.Span).Compression != Compression.None && !isRestricted && !needsKeys))
            return new(frame.Error, frame.Message);
        using var opened = RecordDecompressor.Open(batch, OpenedBytesMax);
        if (!opened.Succeeded)
            return new(KafkaError.CorruptMessage, "the records cannot be decompressed, or are too many");
        if (ClaimsSubject(opened.Records.Span))
            return new(KafkaError.InvalidRecord, "record attributes are none of a client's");
        var keyless = needsKeys ? FindKeyless(batch.Span, opened.Records.Span) : [];
        return keyless.Count == 0 ? default : new(KafkaError.InvalidRecord, "the topic is compacted: its records need keys", keyless);
    }

    private static List<ProduceResponse.RecordError> FindKeyless(ReadOnlySpan<byte> batch, ReadOnlySpan<byte> records)
    {
        var keyless = new List<ProduceResponse.RecordError>();
        for (var reader = new RecordReader(batch, records); keyless.Count < NamedRecordsMax && reader.MoveNext();)
        {
            if (!reader.Current.HasKey)
                keyless.Add(new() { BatchIndex = reader.CurrentDelta, Message = "no key" });
        }
        return keyless;
    }

    /// <summary>Goes from record to record by their lengths and looks at the first byte of each, which are its attributes. What is no record is left to the storage to refuse.</summary>
    private static bool ClaimsSubject(ReadOnlySpan<byte> records)
    {
        var position = 0;
        while (Varint.TryRead(records, ref position, out int length) && length > 0 && length <= records.Length - position)
        {
            if (((RecordAttributes)records[position] & RecordAttributes.KeyIsSubject) != 0)
                return true;
            position += length;
        }
        return false;
    }

    private static (KafkaError Error, string? Message) CheckFrame(ReadOnlySpan<byte> records, short version)
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
        if (header.IsControl)
            return (KafkaError.InvalidRecord, "clients do not write control batches");
        if (header.Compression == Compression.Zstd && version < ZstdFrom)
            return (KafkaError.UnsupportedCompressionType, "zstd needs produce version 7");
        return (KafkaError.None, null);
    }
}
