using System.Buffers.Binary;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>
/// A segment's index as a file, drawn in docs/formats/segment.md. It is written when the bytes that it describes are on the device, so it also proves that they were: a log that is
/// shorter or damaged before <see cref="SegmentSummary.Bytes"/> was not torn by a crash.
/// </summary>
internal static class IndexFile
{
    public const int HeaderBytes = 72;
    public const int EntryBytes = 16;

    private const uint Magic = 0x524D5149; // "RMQI"
    private const ushort Version = 1;
    private const ushort SealedFlag = 1;
    private const ushort CompactedFlag = 2;

    public static void Write(IStorageDirectory directory, SegmentSummary summary, SparseIndex index) =>
        Write(directory, SegmentNames.Index(summary.BaseOffset), summary, index);

    public static void Write(IStorageDirectory directory, string name, SegmentSummary summary, SparseIndex index)
    {
        var bytes = new byte[HeaderBytes + index.Count * EntryBytes];
        var at = bytes.AsSpan(HeaderBytes);
        foreach (var entry in index.Entries)
        {
            BinaryPrimitives.WriteUInt32BigEndian(at, entry.RelativeOffset);
            BinaryPrimitives.WriteInt32BigEndian(at[4..], entry.Position);
            BinaryPrimitives.WriteInt64BigEndian(at[8..], entry.MaxTimestampBeforeMs);
            at = at[EntryBytes..];
        }
        WriteHeader(bytes, summary, index.Count);
        AtomicFile.Replace(directory, name, bytes);
    }

    /// <summary>Reads the summary. False where there is no index or it cannot be trusted: it is then made anew from the segment.</summary>
    /// <exception cref="StorageException">The index is of a newer version.</exception>
    public static bool TryReadSummary(IStorageDirectory directory, long baseOffset, out SegmentSummary summary)
    {
        summary = default;
        var name = SegmentNames.Index(baseOffset);
        if (!directory.FileExists(name))
            return false;
        using var file = directory.OpenFile(name);
        Span<byte> header = stackalloc byte[HeaderBytes];
        return file.Read(0, header) == HeaderBytes && TryParseHeader(header, file, out summary, out _) && summary.BaseOffset == baseOffset;
    }

    /// <summary>Reads the entries. Null where they cannot be trusted or belong to another state of the segment.</summary>
    public static SparseIndex? TryReadEntries(IStorageDirectory directory, SegmentSummary expected)
    {
        if (AtomicFile.TryRead(directory, SegmentNames.Index(expected.BaseOffset)) is not { Length: >= HeaderBytes } bytes)
            return null;
        using var file = directory.OpenFile(SegmentNames.Index(expected.BaseOffset));
        if (!TryParseHeader(bytes, file, out var summary, out var count) || summary != expected)
            return null;
        var entries = bytes.AsSpan(HeaderBytes);
        if (entries.Length != count * EntryBytes || Crc32C.Compute(entries) != BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(64)))
            return null;
        var index = new SparseIndex();
        for (; entries.Length > 0; entries = entries[EntryBytes..])
        {
            index.Add(new IndexEntry(
                BinaryPrimitives.ReadUInt32BigEndian(entries), BinaryPrimitives.ReadInt32BigEndian(entries[4..]), BinaryPrimitives.ReadInt64BigEndian(entries[8..])));
        }
        return index;
    }

    private static void WriteHeader(Span<byte> bytes, SegmentSummary summary, int count)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], Version);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)((summary.IsSealed ? SealedFlag : 0) | (summary.IsCompacted ? CompactedFlag : 0)));
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], summary.BaseOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes[16..], summary.EndOffset);
        BinaryPrimitives.WriteInt32BigEndian(bytes[24..], summary.Bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes[28..], summary.LastEpoch.Value);
        BinaryPrimitives.WriteInt64BigEndian(bytes[32..], summary.Records);
        BinaryPrimitives.WriteInt64BigEndian(bytes[40..], summary.FirstTimestampMs);
        BinaryPrimitives.WriteInt64BigEndian(bytes[48..], summary.MaxTimestampMs);
        BinaryPrimitives.WriteInt32BigEndian(bytes[60..], count);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[64..], Crc32C.Compute(bytes[HeaderBytes..]));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[68..], Crc32C.Compute(bytes[..68]));
    }

    private static bool TryParseHeader(ReadOnlySpan<byte> header, IStorageFile file, out SegmentSummary summary, out int count)
    {
        summary = default;
        count = 0;
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != Magic || BinaryPrimitives.ReadUInt32BigEndian(header[68..]) != Crc32C.Compute(header[..68]))
            return false;
        var version = BinaryPrimitives.ReadUInt16BigEndian(header[4..]);
        if (version > Version)
            throw new StorageException(ErrorCode.Unsupported, $"'{file.Path}' has version {version}; this build reads up to {Version}");
        var flags = BinaryPrimitives.ReadUInt16BigEndian(header[6..]);
        count = BinaryPrimitives.ReadInt32BigEndian(header[60..]);
        summary = new SegmentSummary(
            BinaryPrimitives.ReadInt64BigEndian(header[8..]),
            BinaryPrimitives.ReadInt64BigEndian(header[16..]),
            BinaryPrimitives.ReadInt32BigEndian(header[24..]),
            BinaryPrimitives.ReadInt64BigEndian(header[32..]),
            BinaryPrimitives.ReadInt64BigEndian(header[40..]),
            BinaryPrimitives.ReadInt64BigEndian(header[48..]),
            new Epoch(BinaryPrimitives.ReadInt32BigEndian(header[28..])),
            (flags & SealedFlag) != 0,
            (flags & CompactedFlag) != 0);
        return true;
    }
}
