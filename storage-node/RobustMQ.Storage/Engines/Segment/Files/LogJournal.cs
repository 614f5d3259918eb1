using System.Buffers.Binary;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment.Files;

/// <summary>
/// Small facts about a log that its segments cannot hold: where it begins, which records were removed. Entries are appended and become durable with the log's next flush; the file is
/// written anew when most of it no longer matters. A log that needs none has no journal. Drawn in docs/formats/segment.md. Used by the log's writer.
/// </summary>
internal sealed class LogJournal(IStorageDirectory directory, OpenFiles files) : IDisposable
{
    private const int HeaderBytes = 20;
    private const int FrameBytes = 8;
    private const uint Magic = 0x524D514A; // "RMQJ"
    private const ushort Version = 1;
    private const int RewriteBytesMin = 64 << 10;

    private readonly PooledBytes _entry = new();
    private FileSlot? _slot;
    private long _bytes;
    private long _syncedBytes;
    private long _rewrittenBytes;

    /// <summary>Most of the file is history.</summary>
    public bool IsLong => _bytes > RewriteBytesMin && _bytes > 4 * _rewrittenBytes;

    public bool IsDirty => _bytes > _syncedBytes;

    public long Bytes => _bytes;

    public FileSlot? Slot => _slot;

    /// <summary>Reads the journal. An entry that a crash tore off is forgotten.</summary>
    /// <param name="onDamage">Told of entries that were whole once.</param>
    /// <exception cref="StorageException">The journal is of a newer version.</exception>
    public JournalState Load(Action<string> onDamage)
    {
        var state = new JournalState();
        if (AtomicFile.TryRead(directory, SegmentNames.Journal) is not { } bytes)
            return state;
        if (!TryParseHeader(directory, bytes, out var trustedBytes))
        {
            onDamage("the journal's header is damaged: the file was set aside");
            directory.RenameFile(SegmentNames.Journal, SegmentNames.Journal + SegmentNames.AsideSuffix);
            directory.Sync();
            return state;
        }
        var end = ReadEntries(bytes, trustedBytes, state, onDamage);
        _slot = new FileSlot(directory, SegmentNames.Journal);
        if (end < bytes.Length)
        {
            using var file = files.Use(_slot);
            file.File.SetLength(end);
        }
        _bytes = end;
        _syncedBytes = trustedBytes;
        _rewrittenBytes = trustedBytes;
        return state;
    }

    /// <summary>Reads the journal of a log that is not open, and changes nothing.</summary>
    /// <param name="onDamage">Told of entries that were whole once.</param>
    /// <param name="tornBytes">What the next start cuts off at the end.</param>
    /// <exception cref="StorageException">The journal is of a newer version.</exception>
    public static JournalState Peek(IStorageDirectory directory, Action<string> onDamage, out int tornBytes)
    {
        var state = new JournalState();
        tornBytes = 0;
        if (AtomicFile.TryRead(directory, SegmentNames.Journal) is not { } bytes)
            return state;
        if (!TryParseHeader(directory, bytes, out var trustedBytes))
            onDamage("the journal's header is damaged");
        else
            tornBytes = bytes.Length - ReadEntries(bytes, trustedBytes, state, onDamage);
        return state;
    }

    public void Start(long offset) => Append(JournalEntryKind.Start, [offset]);

    public void Truncated(long end) => Append(JournalEntryKind.Truncated, [end]);

    public void Applied(long index, Epoch epoch) => Append(JournalEntryKind.Applied, [index, epoch.Value]);

    /// <param name="offsets">Ascending.</param>
    public void Deleted(IEnumerable<long> offsets) => Append(JournalEntryKind.Deleted, RangesOf(offsets));

    /// <param name="slot">The file that was synced: the journal may be another by now.</param>
    public void Synced(FileSlot slot, long bytes)
    {
        if (slot == _slot)
            _syncedBytes = Math.Max(_syncedBytes, bytes);
    }

    /// <summary>Brings the entries to the device.</summary>
    public void Sync()
    {
        if (_slot is null || !IsDirty)
            return;
        var bytes = _bytes;
        using var file = files.Use(_slot);
        file.File.Sync();
        Synced(_slot, bytes);
    }

    /// <summary>Replaces the file with one that says this and nothing else. On the device when it returns.</summary>
    public void Rewrite(long start, long appliedIndex, Epoch lastEpoch, IEnumerable<long> dead)
    {
        using var bytes = new PooledBytes();
        bytes.Advance(Clear(bytes.GetSpan(HeaderBytes)[..HeaderBytes]));
        Frame(bytes, JournalEntryKind.Start, [start]);
        Frame(bytes, JournalEntryKind.Applied, [appliedIndex, lastEpoch.Value]);
        var ranges = RangesOf(dead);
        if (ranges.Length > 0)
            Frame(bytes, JournalEntryKind.Deleted, ranges);
        WriteHeader(bytes.Span, bytes.Length);
        AtomicFile.Replace(directory, SegmentNames.Journal, bytes.Span);
        if (_slot is not null)
            files.Close(_slot);
        _slot = new FileSlot(directory, SegmentNames.Journal);
        _bytes = _syncedBytes = _rewrittenBytes = bytes.Length;
    }

    public void Dispose()
    {
        if (_slot is not null)
            files.Close(_slot);
        _entry.Dispose();
    }

    private static long[] RangesOf(IEnumerable<long> offsets)
    {
        var ranges = new List<long>();
        foreach (var offset in offsets)
        {
            if (ranges.Count > 0 && ranges[^2] + ranges[^1] == offset)
                ranges[^1]++;
            else
                ranges.AddRange([offset, 1]);
        }
        return [.. ranges];
    }

    private void Append(JournalEntryKind kind, long[] numbers)
    {
        Create();
        _entry.Clear();
        Frame(_entry, kind, numbers);
        using var file = files.Use(_slot!);
        file.File.Write(_bytes, _entry.Span);
        _bytes += _entry.Length;
    }

    private void Create()
    {
        if (_slot is not null)
            return;
        var header = new byte[HeaderBytes];
        WriteHeader(header, HeaderBytes);
        AtomicFile.Replace(directory, SegmentNames.Journal, header);
        _slot = new FileSlot(directory, SegmentNames.Journal);
        _bytes = _syncedBytes = _rewrittenBytes = HeaderBytes;
    }

    private static int Clear(Span<byte> bytes)
    {
        bytes.Clear();
        return bytes.Length;
    }

    private static void WriteHeader(Span<byte> bytes, long trustedBytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], Version);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], trustedBytes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[16..], Crc32C.Compute(bytes[..16]));
    }

    private static bool TryParseHeader(IStorageDirectory directory, ReadOnlySpan<byte> bytes, out long trustedBytes)
    {
        trustedBytes = 0;
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32BigEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]) != Crc32C.Compute(bytes[..16]))
            return false;
        var version = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (version > Version)
        {
            throw new StorageException(
                ErrorCode.Unsupported, $"'{directory.Path}/{SegmentNames.Journal}' has version {version}; this build reads up to {Version}");
        }
        trustedBytes = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
        return true;
    }

    /// <summary>Frame: <c>length u32 (of what follows the checksum) | crc u32 | kind u8 | numbers i64[]</c>.</summary>
    private static void Frame(PooledBytes into, JournalEntryKind kind, ReadOnlySpan<long> numbers)
    {
        var length = 1 + numbers.Length * sizeof(long);
        var frame = into.GetSpan(FrameBytes + length)[..(FrameBytes + length)];
        BinaryPrimitives.WriteInt32BigEndian(frame, length);
        frame[FrameBytes] = (byte)kind;
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteInt64BigEndian(frame[(FrameBytes + 1 + i * sizeof(long))..], numbers[i]);
        BinaryPrimitives.WriteUInt32BigEndian(frame[4..], Crc32C.Compute(frame[FrameBytes..]));
        into.Advance(frame.Length);
    }

    private static int ReadEntries(byte[] bytes, long trustedBytes, JournalState state, Action<string> onDamage)
    {
        var at = HeaderBytes;
        var end = at;
        while (at < bytes.Length)
        {
            var isWhole = TryReadFrame(bytes.AsSpan(at), out var frame, out var isIntact);
            if (isWhole && isIntact)
                Take(frame, state);
            else if (at < trustedBytes)
                onDamage($"the journal is damaged at byte {at}: removed records may show again");
            // A damaged entry behind the trusted bytes is the last that matters, unless whole ones follow.
            if (!isWhole)
                break;
            at += FrameBytes + frame.Length;
            if (isIntact)
                end = at;
        }
        return at < trustedBytes ? bytes.Length : end;
    }

    private static bool TryReadFrame(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> frame, out bool isIntact)
    {
        frame = default;
        isIntact = false;
        if (bytes.Length < FrameBytes)
            return false;
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (length < 1 || length > bytes.Length - FrameBytes)
            return false;
        frame = bytes.Slice(FrameBytes, length);
        isIntact = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) == Crc32C.Compute(frame);
        return true;
    }

    private static void Take(ReadOnlySpan<byte> frame, JournalState state)
    {
        var first = NumberAt(frame, 0);
        switch ((JournalEntryKind)frame[0])
        {
            case JournalEntryKind.Start:
                state.Start = first;
                break;
            case JournalEntryKind.Truncated:
                state.Start = Math.Min(state.Start, first);
                state.Dead.RemoveWhere(offset => offset >= first);
                break;
            case JournalEntryKind.Applied:
                state.AppliedIndex = first;
                state.LastEpoch = new Epoch((int)NumberAt(frame, 1));
                break;
            case JournalEntryKind.Deleted:
                for (var range = 0; range < (frame.Length - 1) / 16; range++)
                    TakeRange(NumberAt(frame, range * 2), NumberAt(frame, range * 2 + 1), state);
                break;
            default:
                throw new StorageException(ErrorCode.Unsupported, $"a journal entry of kind {frame[0]} is not known to this build");
        }
    }

    private static void TakeRange(long from, long count, JournalState state)
    {
        for (var offset = from; offset < from + count; offset++)
            state.Dead.Add(offset);
    }

    private static long NumberAt(ReadOnlySpan<byte> frame, int index) => BinaryPrimitives.ReadInt64BigEndian(frame[(1 + index * sizeof(long))..]);
}
