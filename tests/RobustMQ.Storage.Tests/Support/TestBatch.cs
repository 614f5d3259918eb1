using System.Buffers.Binary;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Tests.Support;

/// <summary>Builds batches and reads them back.</summary>
internal static class TestBatch
{
    /// <summary>One record a subject; the value says the subject again.</summary>
    public static byte[] Of(params string[] subjects) => At(1_000, subjects);

    public static byte[] At(long timestampMs, params string[] subjects)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var subject in subjects)
            builder.Append(timestampMs, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes("value of " + subject));
        return builder.Build().ToArray();
    }

    public static byte[] OfValues(string subject, params string[] values)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var value in values)
            builder.Append(1_000, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes(value));
        return builder.Build().ToArray();
    }

    /// <summary>A record as Kafka produces it: the key is the user's.</summary>
    public static byte[] WithUserKey(string? key, string value)
    {
        using var builder = new RecordBatchBuilder();
        builder.AppendNullable(1_000, RecordAttributes.None, key is null ? null : Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        return builder.Build().ToArray();
    }

    public static byte[] ByProducer(long id, short epoch, int sequence, params string[] subjects)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var subject in subjects)
            builder.Append(1_000, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(subject), "x"u8);
        return builder.Build(new ProducerState(id, epoch, sequence)).ToArray();
    }

    /// <summary>Part of a producer's transaction; the values say the subjects again.</summary>
    public static byte[] InTransaction(long id, short epoch, int sequence, params string[] subjects)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var subject in subjects)
            builder.Append(1_000, RecordAttributes.KeyIsSubject, Encoding.UTF8.GetBytes(subject), Encoding.UTF8.GetBytes(subject));
        var batch = builder.Build().ToArray();
        MakeTransactional(batch, id, epoch, sequence);
        return batch;
    }

    public static void MakeTransactional(byte[] batch, long id, short epoch, int sequence)
    {
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(RecordBatchHeader.CrcCoveredFrom), RecordBatchHeader.TransactionalFlag);
        RecordBatchHeader.Assign(batch, new ProducerState(id, epoch, sequence));
    }

    public static byte[] Commit(long id, short epoch, int coordinatorEpoch = 1) => new TransactionMarker(true, coordinatorEpoch).ToBatch(id, epoch, 1_000);

    public static byte[] Abort(long id, short epoch, int coordinatorEpoch = 1) => new TransactionMarker(false, coordinatorEpoch).ToBatch(id, epoch, 1_000);

    public static List<SeenRecord> Read(ReadOnlySpan<byte> batches)
    {
        var records = new List<SeenRecord>();
        while (!batches.IsEmpty)
        {
            var batch = batches[..(int)new RecordBatchHeader(batches).TotalBytes];
            Assert.Equal(Crc32C.Compute(batch[RecordBatchHeader.CrcCoveredFrom..]), new RecordBatchHeader(batch).Crc);
            var reader = new RecordReader(batch);
            while (reader.MoveNext())
            {
                var record = reader.Current;
                records.Add(new SeenRecord(
                    record.Offset.Value, record.HasKey ? Encoding.UTF8.GetString(record.Key) : null, Encoding.UTF8.GetString(record.Value), record.TimestampMs));
            }
            Assert.False(reader.IsMalformed);
            batches = batches[batch.Length..];
        }
        return records;
    }
}
