using System.Buffers;
using System.Security.Cryptography;
using RobustMQ.Records;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Offline;

/// <summary>Copies files of a node that does not run, and says what was copied.</summary>
internal static class FileCopy
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Copies a file; on the device when it returns.</summary>
    /// <returns>Bytes and SHA-256 of what was read.</returns>
    public static (long Bytes, string Sha256) Run(string from, string to)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0, FileOptions.SequentialScan);
            using var target = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0);
            var sum = Pump(source, target);
            PosixSync.SyncFile(target.SafeFileHandle);
            return sum;
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(to, "copy to", error);
        }
    }

    public static (long Bytes, string Sha256) Sum(string path)
    {
        try
        {
            using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
            return Pump(source, Stream.Null);
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(path, "read", error);
        }
    }

    public static void WriteWhole(string path, byte[] bytes)
    {
        AtomicFile.Replace(new DiskDirectory(Path.GetDirectoryName(path)!), Path.GetFileName(path), bytes);
    }

    /// <summary>Files below a directory, as paths within it, in order. None where it is not there.</summary>
    public static IReadOnlyList<string> FilesBelow(string directory) =>
        Directory.Exists(directory)
            ? [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(directory, path)).Order(StringComparer.Ordinal)]
            : [];

    public static bool IsEmpty(string directory) => !Directory.Exists(directory) || !Directory.EnumerateFileSystemEntries(directory).Any();

    /// <summary>Brings the names of everything below a directory to the device.</summary>
    public static void SyncNames(string directory)
    {
        foreach (var below in Directory.EnumerateDirectories(directory, "*", SearchOption.AllDirectories))
            DiskDirectory.ForReading(below).Sync();
        DiskDirectory.ForReading(directory).Sync();
    }

    /// <exception cref="StorageException">It holds something.</exception>
    public static void RefuseUnlessEmpty(string directory)
    {
        if (!IsEmpty(directory))
            throw new StorageException(ErrorCode.AlreadyExists, $"'{directory}' is not empty: nothing is ever written over");
    }

    private static (long Bytes, string Sha256) Pump(FileStream source, Stream target)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var bytes = 0L;
            for (int read; (read = source.Read(piece, 0, PieceBytes)) > 0; bytes += read)
            {
                hash.AppendData(piece, 0, read);
                target.Write(piece, 0, read);
            }
            return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
