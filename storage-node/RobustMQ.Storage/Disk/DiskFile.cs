using Microsoft.Win32.SafeHandles;
using RobustMQ.Records;

namespace RobustMQ.Storage.Disk;

/// <summary>A file of the machine.</summary>
internal sealed class DiskFile : IStorageFile
{
    private readonly bool _isForReading;
    private SafeFileHandle _handle;
    private bool _isReadOnly;

    /// <summary>A file of a file system that became read-only is opened for reading, and for writing when somebody writes.</summary>
    public DiskFile(string path, FileMode mode, long reserveBytes)
    {
        Path = path;
        try
        {
            _handle = Open(mode, FileAccess.ReadWrite, reserveBytes);
        }
        catch (StorageException) when (mode == FileMode.Open || File.Exists(path))
        {
            _handle = Open(FileMode.Open, FileAccess.Read, 0);
            _isReadOnly = true;
        }
    }

    private DiskFile(string path)
    {
        Path = path;
        _handle = Open(FileMode.Open, FileAccess.Read, 0);
        _isReadOnly = _isForReading = true;
    }

    /// <summary>A file that is there; writing to it fails.</summary>
    public static DiskFile ForReading(string path) => new(path);

    public string Path { get; }

    public long Length
    {
        get
        {
            try
            {
                return RandomAccess.GetLength(_handle);
            }
            catch (Exception error) when (DiskErrors.IsDiskError(error))
            {
                throw DiskErrors.At(Path, "measure", error);
            }
        }
    }

    public int Read(long position, Span<byte> destination)
    {
        var total = 0;
        try
        {
            while (total < destination.Length)
            {
                var read = RandomAccess.Read(_handle, destination[total..], position + total);
                if (read == 0)
                    break;
                total += read;
            }
            return total;
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(Path, "read", error);
        }
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        OpenForWriting();
        try
        {
            RandomAccess.Write(_handle, bytes, position);
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(Path, "write", error);
        }
    }

    public void SetLength(long length)
    {
        OpenForWriting();
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(Path, "cut", error);
        }
    }

    public void Sync()
    {
        try
        {
            PosixSync.SyncFile(_handle);
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(Path, "sync", error);
        }
    }

    public void Dispose() => _handle.Dispose();

    private void OpenForWriting()
    {
        if (!_isReadOnly)
            return;
        if (_isForReading)
            throw new StorageException(ErrorCode.DiskFailure, $"'{Path}' is open for reading only");
        var readOnly = _handle;
        _handle = Open(FileMode.Open, FileAccess.ReadWrite, 0);
        _isReadOnly = false;
        // A read that is under way keeps it until it ends.
        readOnly.Dispose();
    }

    private SafeFileHandle Open(FileMode mode, FileAccess access, long reserveBytes)
    {
        try
        {
            return File.OpenHandle(Path, mode, access, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, reserveBytes);
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(Path, "open", error);
        }
    }
}
