using System.Buffers;
using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Records.Batches;

/// <summary>
/// Makes a batch that holds some records of another one. Records are copied as they are encoded, runs of neighbours in one copy; of the chosen ones only
/// the timestamp is decoded, of the others only the length. Offset deltas stay, so offsets stay right, and so do base offset, last offset delta,
/// timestamps and the producer's fields; record count, maximum timestamp, compression and CRC are made anew. Pure.
/// Such a batch has gaps: <see cref="RecordReader"/> reads it, <see cref="RecordBatchValidator.CheckFrame"/> refuses it as a batch to append.
/// </summary>
public static class RecordBatchSlicer
{
    private const int RecordAttributesBytes = 1;

    /// <summary>Writes a slice of a batch that is not compressed.</summary>
    /// <param name="batch">A whole batch.</param>
    /// <param name="indexes">Which records: ascending positions in the batch, not offsets; at least one.</param>
    /// <param name="destination">Gets one whole batch, or nothing after an error.</param>
    /// <returns><see cref="ErrorCode.None"/>, or <see cref="ErrorCode.CorruptBatch"/> where the batch has no such records.</returns>
    public static ErrorCode Write(ReadOnlySpan<byte> batch, ReadOnlySpan<int> indexes, IBufferWriter<byte> destination)
    {
        if (indexes.Length != new RecordBatchHeader(batch).RecordCount || !IsAll(indexes))
            return Write(batch[..RecordBatchHeader.Size], batch[RecordBatchHeader.Size..], indexes, destination);
        destination.Write(batch);
        return ErrorCode.None;
    }

    /// <summary>Writes a slice of records that were decompressed apart from their header; the slice is not compressed.</summary>
    /// <param name="batchHeader">The batch, or at least its header.</param>
    /// <param name="records">Its records, uncompressed.</param>
    /// <param name="indexes">As in <see cref="Write(ReadOnlySpan{byte}, ReadOnlySpan{int}, IBufferWriter{byte})"/>.</param>
    /// <param name="destination">Gets one whole batch, or nothing after an error.</param>
    /// <returns><see cref="ErrorCode.None"/>, or <see cref="ErrorCode.CorruptBatch"/> where the batch has no such records.</returns>
    public static ErrorCode Write(
        ReadOnlySpan<byte> batchHeader, ReadOnlySpan<byte> records, ReadOnlySpan<int> indexes, IBufferWriter<byte> destination)
    {
        if (!TryMeasure(records, indexes, out var recordsBytes, out var timestampDeltaMax))
            return ErrorCode.CorruptBatch;
        var total = RecordBatchHeader.Size + recordsBytes;
        var slice = destination.GetSpan(total)[..total];
        batchHeader[..RecordBatchHeader.Size].CopyTo(slice);
        CopyRecords(records, indexes, slice[RecordBatchHeader.Size..]);
        Complete(slice, indexes.Length, timestampDeltaMax);
        destination.Advance(total);
        return ErrorCode.None;
    }

    private static bool IsAll(ReadOnlySpan<int> indexes)
    {
        for (var i = 0; i < indexes.Length; i++)
        {
            if (indexes[i] != i)
                return false;
        }
        return true;
    }

    /// <summary>Walks up to the last chosen record. False where indexes are not ascending or records are not there.</summary>
    private static bool TryMeasure(ReadOnlySpan<byte> records, ReadOnlySpan<int> indexes, out int bytes, out long timestampDeltaMax)
    {
        bytes = 0;
        timestampDeltaMax = long.MinValue;
        var at = 0;
        var record = 0;
        foreach (var index in indexes)
        {
            if (index < record)
                return false;
            for (; record < index; record++)
            {
                if (!TrySkip(records, ref at))
                    return false;
            }
            var start = at;
            if (!TrySkip(records, ref at) || !TryReadTimestampDelta(records[start..at], out var timestampDelta))
                return false;
            record++;
            bytes += at - start;
            timestampDeltaMax = Math.Max(timestampDeltaMax, timestampDelta);
        }
        return bytes > 0;
    }

    private static void CopyRecords(ReadOnlySpan<byte> records, ReadOnlySpan<int> indexes, Span<byte> target)
    {
        var at = 0;
        var record = 0;
        for (var i = 0; i < indexes.Length;)
        {
            for (; record < indexes[i]; record++)
                TrySkip(records, ref at);
            var start = at;
            for (; i < indexes.Length && indexes[i] == record; i++, record++)
                TrySkip(records, ref at);
            records[start..at].CopyTo(target);
            target = target[(at - start)..];
        }
    }

    private static bool TrySkip(ReadOnlySpan<byte> records, ref int at)
    {
        if (!Varint.TryRead(records, ref at, out int length) || length < 1 || length > records.Length - at)
            return false;
        at += length;
        return true;
    }

    private static bool TryReadTimestampDelta(ReadOnlySpan<byte> record, out long delta)
    {
        var at = 0;
        delta = 0;
        if (!Varint.TryRead(record, ref at, out int _))
            return false;
        at += RecordAttributesBytes;
        return Varint.TryRead(record, ref at, out delta);
    }

    private static void Complete(Span<byte> slice, int recordCount, long timestampDeltaMax)
    {
        var header = new RecordBatchHeader(slice);
        var attributes = (short)(header.Attributes & ~RecordBatchHeader.CompressionMask);
        var maxTimestampMs = (attributes & RecordBatchHeader.LogAppendTimeFlag) != 0 ? header.MaxTimestampMs : header.BaseTimestampMs + timestampDeltaMax;
        WriteInt32BigEndian(slice[RecordBatchHeader.LengthAt..], slice.Length - RecordBatchHeader.LengthPrefixSize);
        WriteInt16BigEndian(slice[RecordBatchHeader.AttributesAt..], attributes);
        WriteInt64BigEndian(slice[RecordBatchHeader.MaxTimestampAt..], maxTimestampMs);
        WriteInt32BigEndian(slice[RecordBatchHeader.RecordCountAt..], recordCount);
        RecordBatchHeader.Seal(slice);
    }
}
