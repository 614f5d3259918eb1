using System.Buffers.Text;

namespace RobustMQ.Records.Batches;

/// <summary>
/// The record headers that the storage layer itself acts on: priority, expiry, delay. A value that is no number of its kind counts as absent. Few records carry any, so a
/// batch is first asked with <see cref="MayCarry"/>, which is one search over its bytes.
/// </summary>
public static class StorageHeaders
{
    /// <summary>
    /// False: no record of the batch has this header. True: maybe one has, or the bytes occur elsewhere in it. A compressed batch is not looked into and has none: the
    /// storage layer acts on headers of batches as gateways build them.
    /// </summary>
    public static bool MayCarry(ReadOnlySpan<byte> batch, ReadOnlySpan<byte> name) =>
        new RecordBatchHeader(batch).Compression == Compression.None && batch[RecordBatchHeader.Size..].IndexOf(name) >= 0;

    /// <summary>Priority lane, 0 (lowest) where none is named.</summary>
    public static byte LaneOf(in Record record) => (byte)Number(record, RecordHeaderNames.Priority, byte.MaxValue);

    /// <summary>Unix ms from which the record is gone; 0: never.</summary>
    public static long ExpiresAtMsOf(in Record record) => Number(record, RecordHeaderNames.ExpiresAt, long.MaxValue);

    /// <summary>Unix ms before which the record is not delivered; 0: at once.</summary>
    public static long DelayUntilMsOf(in Record record) => Number(record, RecordHeaderNames.DelayUntil, long.MaxValue);

    public static bool IsExpired(in Record record, long nowMs) => record.Headers.Count > 0 && ExpiresAtMsOf(record) is var at and > 0 && at <= nowMs;

    private static long Number(in Record record, ReadOnlySpan<byte> name, long max)
    {
        if (record.Headers.Count == 0 || !record.Headers.TryGet(name, out var text))
            return 0;
        return Utf8Parser.TryParse(text, out long number, out var length) && length == text.Length && number >= 0 && number <= max ? number : 0;
    }
}
