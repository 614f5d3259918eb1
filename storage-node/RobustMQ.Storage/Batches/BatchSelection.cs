using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Batches;

/// <summary>Writes a batch that holds some of another one's records: uncompressed, offsets and timestamps kept, without producer fields unless it is of a transaction.</summary>
internal static class BatchSelection
{
    private const int AttributesAt = 21;
    private const int LastOffsetDeltaAt = 23;
    private const int ProducerIdAt = 43;
    private const int RecordCountAt = 57;

    /// <param name="indices">Ascending positions of records in the batch, at least one.</param>
    /// <param name="lastOffsetDelta">Offsets that the new batch stands for; -1: those of the old one.</param>
    public static void Write(
        OpenedBatch opened, ReadOnlySpan<byte> batch, List<int> indices, PooledBytes destination, int lastOffsetDelta = -1)
    {
        var start = destination.Length;
        destination.Write(batch[..RecordBatchHeader.Size]);
        var wanted = CollectionsMarshal.AsSpan(indices);
        var reader = opened.Read(batch);
        for (var index = 0; !wanted.IsEmpty && reader.MoveNext(); index++)
        {
            if (index != wanted[0])
                continue;
            destination.Write(reader.CurrentEncoded);
            wanted = wanted[1..];
        }
        var written = destination.Span[start..];
        if (lastOffsetDelta >= 0)
            BinaryPrimitives.WriteInt32BigEndian(written[LastOffsetDeltaAt..], lastOffsetDelta);
        Complete(written, indices.Count);
    }

    private static void Complete(Span<byte> batch, int records)
    {
        var attributes = new RecordBatchHeader(batch).Attributes;
        BinaryPrimitives.WriteInt32BigEndian(batch[8..], batch.Length - RecordBatchHeader.LengthPrefixSize);
        BinaryPrimitives.WriteInt16BigEndian(batch[AttributesAt..], (short)(attributes & ~RecordBatchHeader.CompressionMask));
        // A reader of stored batches looks there for whose transaction it is.
        if ((attributes & RecordBatchHeader.TransactionalFlag) == 0)
        {
            BinaryPrimitives.WriteInt64BigEndian(batch[ProducerIdAt..], -1);
            BinaryPrimitives.WriteInt16BigEndian(batch[(ProducerIdAt + 8)..], -1);
            BinaryPrimitives.WriteInt32BigEndian(batch[(ProducerIdAt + 10)..], -1);
        }
        BinaryPrimitives.WriteInt32BigEndian(batch[RecordCountAt..], records);
        RecordBatchHeader.Seal(batch);
    }
}
