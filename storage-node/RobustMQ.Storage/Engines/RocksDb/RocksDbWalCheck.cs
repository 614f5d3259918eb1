using System.Buffers.Binary;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>
/// Tells damage in a write-ahead log from a torn end, before RocksDB opens it: RocksDB replays up to the first record that is wrong and forgets what follows without a word, which is right for
/// what a crash tore off and would lose acknowledged records where a bit has turned. A wrong record with a right one behind it is damage.
/// <para>The file: blocks of 32 KiB; in each, records <c>crc u32 | length u16 | type u8 | [log number u32] | payload</c>, little-endian, the crc (CRC-32C, masked) over all behind the length; a
/// rest too short for a header is not used.</para>
/// </summary>
internal static class RocksDbWalCheck
{
    private const int BlockBytes = 32 << 10;
    private const int HeaderBytes = 7;
    private const int TypeAt = 6;
    private const uint MaskDelta = 0xA282EAD8;

    /// <exception cref="StorageException">A log is damaged; nothing was changed.</exception>
    public static void Run(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*.log"))
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.SequentialScan);
            if (FindDamage(file) is { } at)
                throw new StorageException(ErrorCode.DiskFailure, $"write-ahead log '{path}' is damaged at byte {at}: records behind it are whole");
        }
    }

    /// <summary>Where a wrong record lies in front of a right one; null where there is none.</summary>
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
                if (IsUnused(record))
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
        }
        return null;
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
        var masked = BinaryPrimitives.ReadUInt32LittleEndian(record) - MaskDelta;
        return Crc32C.Compute(record[TypeAt..bytes]) == ((masked >> 17) | (masked << 15));
    }
}
