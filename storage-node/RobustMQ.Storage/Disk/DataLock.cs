using RobustMQ.Records;

namespace RobustMQ.Storage.Disk;

/// <summary>
/// A data directory belongs to one process: the node that runs on it, or whoever inspects, copies or restores it meanwhile. The operating system gives the lock back when the process ends,
/// however it ends.
/// </summary>
internal sealed class DataLock : IDisposable
{
    /// <summary>Empty; there for its lock.</summary>
    public const string FileName = "node.lock";

    /// <summary>There while a backup is being copied into the directory: what lies there is not whole yet.</summary>
    public const string UnfinishedRestore = "restore.unfinished";

    /// <summary>EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows: what the platform's exception of a taken lock carries.</summary>
    private static readonly int[] TakenCodes = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

    /// <summary>For a node, or a restore.</summary>
    /// <exception cref="StorageException">Another process has the directory, or it cannot be written to.</exception>
    public static DataLock Take(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return new DataLock(new FileStream(Path.Combine(directory, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            var what = TakenCodes.Contains(error.HResult) ? "is in use by another process" : "cannot be the data directory";
            throw new StorageException(ErrorCode.DiskFailure, $"'{directory}' {what}: {error.Message}", error);
        }
    }

    /// <summary>For somebody who only reads. A directory in which no node ever ran (a backup) needs no lock, and gets no file.</summary>
    /// <exception cref="StorageException">Another process has the directory.</exception>
    public static DataLock? TakeForReading(string directory) => File.Exists(Path.Combine(directory, FileName)) ? Take(directory) : null;

    /// <exception cref="StorageException">A restore into the directory did not come to its end.</exception>
    public static void RefuseUnfinishedRestore(string directory)
    {
        if (File.Exists(Path.Combine(directory, UnfinishedRestore)))
            throw new StorageException(ErrorCode.DiskFailure, $"a restore into '{directory}' did not come to its end: remove the directory and restore again");
    }

    public void Dispose() => _file.Dispose();
}
