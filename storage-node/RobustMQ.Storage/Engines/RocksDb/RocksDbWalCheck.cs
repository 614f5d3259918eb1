using System.Buffers.Binary;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Tells damage in a write-ahead log from a torn end, before RocksDB opens it: RocksDB replays up to the first record that is wrong and forgets what follows without a word, which is right for
/// what a crash tore off and would lose acknowledged records where a bit has turned. The manifest, which says what files there are, is written the same way, and what it does not name RocksDB deletes.
/// A wrong record with a right one behind it is damage, and so is a last one that is there to its end.
/// <para>The file: blocks of 32 KiB; in each, records <c>crc u32 | length u16 | type u8 | [log number u32] | payload</c>, little-endian, the crc (CRC-32C, masked) over all behind the length; a
/// rest too short for a header is not used.</para>
/// </summary>
internal static class RocksDbWalCheck
{
    private const int BlockBytes = 32 << 10;
    private const int HeaderBytes = 7;
    private const int TypeAt = 6;

    /// <summary>A manifest that a crash left before there was a CURRENT; with a single log in the database it is larger.</summary>
    private const int NewManifestBytesMax = 128;

    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>A crash leaves these whole or as zeros: what a device and a file system write at once, bytes.</summary>
    private const int SectorBytes = 512;

    /// <exception cref="StorageException">A log is damaged, or the file is missing that says what the others are; nothing was changed.</exception>
    public static void Run(string directory)
    {
        // RocksDB would begin a new database, and delete the files of the one that was there.
        if (!RocksDbStore.IsThere(directory) && Directory.EnumerateFiles(directory).Any(IsData))
            throw new StorageException(ErrorCode.DiskFailure, $"'{directory}' has the files of a database, and no CURRENT");
        foreach (var path in Directory.EnumerateFiles(directory, "*.log").Concat(Manifest(directory)))
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.SequentialScan);
            if (FindDamage(file) is { } at)
                throw new StorageException(ErrorCode.DiskFailure, $"write-ahead log '{path}' is damaged at byte {at}");
        }
    }

    /// <summary>Something that only a database has which was begun: CURRENT is there before any of them, but for the first manifest, which says nothing.</summary>
    private static bool IsData(string path) =>
        path.EndsWith(".sst", StringComparison.Ordinal)
        || ((path.EndsWith(".log", StringComparison.Ordinal) || Path.GetFileName(path).StartsWith("MANIFEST", StringComparison.Ordinal)) && new FileInfo(path).Length > NewManifestBytesMax);

    /// <summary>The one that is in force; one that does not exist RocksDB refuses itself.</summary>
    private static IEnumerable<string> Manifest(string directory)
    {
        var current = Path.Combine(directory, "CURRENT");
        var manifest = File.Exists(current) ? Path.Combine(directory, File.ReadAllText(current).TrimEnd()) : null;
        return File.Exists(manifest) ? [manifest] : [];
    }

    /// <summary>Where a wrong record lies that no crash explains; null where there is none.</summary>
    private static long? FindDamage(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        var block = new byte[BlockBytes];
        long? wrongAt = null;
        for (var start = 0L; Fill(file, block, start) is var length and > 0; start += length)
        {
            var at = 0;
            while (length - at >= HeaderBytes)
            {
                var record = block.AsSpan(at, length - at);
                // Behind a wrong record zeros may as well be part of its payload.
                if (wrongAt is null && IsUnused(record))
                    break;
                if (!TryMeasure(record, out var bytes))
                {
                    wrongAt ??= start + at;
                    // The length itself may be what is wrong: whatever looks like a record behind it is looked for byte by byte.
                    at++;
                    continue;
                }
                if (wrongAt is not null)
                    return wrongAt;
                at += bytes;
            }
            if (wrongAt >= start && length < BlockBytes && IsWhole(block.AsSpan((int)(wrongAt.Value - start), length - (int)(wrongAt.Value - start)), wrongAt.Value))
                return wrongAt;
        }
        return null;
    }

    /// <summary>
    /// Whether a wrong record at the end of a file was written to its end: it has the bytes that it says, none of them missing, or it is right but for its length. What a crash tears off is shorter, or
    /// has zeros where bytes did not arrive.
    /// </summary>
    private static bool IsWhole(ReadOnlySpan<byte> record, long at)
    {
        if (record.Length <= HeaderBytes || record.Length - HeaderBytes > ushort.MaxValue)
            return false;
        if (IsRight(record))
            return true;
        if (HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(record[sizeof(uint)..]) != record.Length || record[^1] == 0)
            return false;
        for (var sector = (int)(SectorBytes - at % SectorBytes); sector + SectorBytes <= record.Length; sector += SectorBytes)
        {
            if (!record.Slice(sector, SectorBytes).ContainsAnyExcept((byte)0))
                return false;
        }
        return true;
    }

    private static int Fill(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> block, long at)
    {
        var length = 0;
        while (length < block.Length && RandomAccess.Read(file, block[length..], at + length) is var read and > 0)
            length += read;
        return length;
    }

    /// <summary>Space that was set aside and never written.</summary>
    private static bool IsUnused(ReadOnlySpan<byte> record) => !record[..HeaderBytes].ContainsAnyExcept((byte)0);

    private static bool TryMeasure(ReadOnlySpan<byte> record, out int bytes)
    {
        bytes = HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(record[sizeof(uint)..]);
        // The log number of a recycled file lies between type and payload, outside the length.
        if (record[TypeAt] is (>= 5 and <= 8) or 11 or 131)
            bytes += sizeof(uint);
        if (record[TypeAt] == 0 || bytes > record.Length)
            return false;
        return IsRight(record[..bytes]);
    }

    private static bool IsRight(ReadOnlySpan<byte> record)
    {
        var masked = BinaryPrimitives.ReadUInt32LittleEndian(record) - MaskDelta;
        return Crc32C.Compute(record[TypeAt..]) == ((masked >> 17) | (masked << 15));
    }
}
