using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Records.Batches;

/// <summary>
/// Ends a producer's transaction in one log (Kafka protocol, "Control Batches"): a batch of one record with the transactional and the control bit, the producer's id and epoch, and no sequence.
/// <code>
/// key   version i16 = 0 | type i16 (0 abort, 1 commit)
/// value version i16 = 0 | coordinator epoch i32
/// </code>
/// Later versions of key and value begin alike, so more bytes are no error.
/// </summary>
/// <param name="CoordinatorEpoch">Of who decided it: an earlier one does not decide any more.</param>
public readonly record struct TransactionMarker(bool IsCommit, int CoordinatorEpoch)
{
    private const int KeyBytes = 4;
    private const int ValueBytes = 6;
    private const short Abort = 0;
    private const short Commit = 1;
    private const int NoSequence = -1;

    /// <summary>The batch, as a log takes it.</summary>
    public byte[] ToBatch(long producerId, short producerEpoch, long timestampMs)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteInt16BigEndian(key, 0);
        WriteInt16BigEndian(key[2..], IsCommit ? Commit : Abort);
        Span<byte> value = stackalloc byte[ValueBytes];
        WriteInt16BigEndian(value, 0);
        WriteInt32BigEndian(value[2..], CoordinatorEpoch);
        using var builder = new RecordBatchBuilder();
        builder.Append(timestampMs, RecordAttributes.None, key, value);
        var batch = builder.Build().ToArray();
        WriteInt16BigEndian(batch.AsSpan(RecordBatchHeader.AttributesAt), RecordBatchHeader.TransactionalFlag | RecordBatchHeader.ControlFlag);
        RecordBatchHeader.Assign(batch, new ProducerState(producerId, producerEpoch, NoSequence));
        return batch;
    }

    /// <returns>False where the batch is not one that ends a transaction.</returns>
    public static bool TryRead(ReadOnlySpan<byte> batch, out TransactionMarker marker)
    {
        marker = default;
        var header = new RecordBatchHeader(batch);
        if (!header.IsControl || !header.IsTransactional || header.ProducerId < 0 || header.RecordCount != 1 || header.Compression != Compression.None)
            return false;
        var reader = new RecordReader(batch);
        if (!reader.MoveNext() || reader.Current.Key.Length < KeyBytes || reader.Current.Value.Length < ValueBytes)
            return false;
        var type = ReadInt16BigEndian(reader.Current.Key[2..]);
        if (ReadInt16BigEndian(reader.Current.Key) < 0 || type is not (Abort or Commit))
            return false;
        marker = new TransactionMarker(type == Commit, ReadInt32BigEndian(reader.Current.Value[2..]));
        return true;
    }
}
