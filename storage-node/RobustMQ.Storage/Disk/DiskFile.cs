using Microsoft.Win32.SafeHandles;

namespace RobustMQ.Storage.Disk;

/// <summary>A file of the machine.</summary>
internal sealed class DiskFile : IStorageFile
{
    private readonly SafeFileHandle _handle;

    public DiskFile(string path, FileMode mode, long reserveBytes)
        : this(path, mode, FileAccess.ReadWrite, reserveBytes)
    {
    }

    private DiskFile(string path, FileMode mode, FileAccess access, long reserveBytes)
    {
        Path = path;
        try
        {
            _handle = File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, reserveBytes);
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(path, "open", error);
        }
    }

    /// <summary>A file that is there; writing to it fails.</summary>
    public static DiskFile ForReading(string path) => new(path, FileMode.Open, FileAccess.Read, 0);

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
            RandomAccess.FlushToDisk(_handle);
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(Path, "sync", error);
        }
    }

    public void Dispose() => _handle.Dispose();
}
