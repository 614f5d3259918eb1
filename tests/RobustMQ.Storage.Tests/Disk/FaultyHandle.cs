using RobustMQ.Records;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Tests.Disk;

internal sealed class FaultyHandle : IStorageFile
{
    private readonly FaultyDisk _disk;
    private readonly FaultyFile _file;
    private bool _isClosed;

    public FaultyHandle(FaultyDisk disk, FaultyFile file, string path)
    {
        _disk = disk;
        _file = file;
        Path = path;
        disk.OpenFiles++;
    }

    public string Path { get; }

    public long Length
    {
        get
        {
            lock (_disk.Lock)
                return _file.Length;
        }
    }

    public int Read(long position, Span<byte> destination)
    {
        lock (_disk.Lock)
        {
            ThrowIfClosed();
            if (_disk.IsCrashed)
                throw FaultyDisk.PowerLost();
            if (_disk.Fails?.Invoke("read", Path) == true)
                throw new StorageException(ErrorCode.DiskFailure, "reading fails, as asked");
            var bytes = (int)Math.Clamp(_file.Length - position, 0, destination.Length);
            if (bytes > 0)
                _file.Current.AsSpan((int)position, bytes).CopyTo(destination);
            return bytes;
        }
    }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        lock (_disk.Lock)
        {
            ThrowIfClosed();
            var isWhole = _disk.Begin("write", Path);
            _file.Write(position, isWhole ? bytes : bytes[..(bytes.Length / 2)]);
            if (!isWhole)
                throw FaultyDisk.PowerLost();
        }
    }

    public void SetLength(long length)
    {
        lock (_disk.Lock)
        {
            ThrowIfClosed();
            if (!_disk.Begin("cut", Path))
                throw FaultyDisk.PowerLost();
            _file.SetLength(length);
        }
    }

    public void Sync()
    {
        _disk.BeforeSync?.Invoke();
        lock (_disk.Lock)
        {
            ThrowIfClosed();
            if (!_disk.Begin("sync", Path))
                throw FaultyDisk.PowerLost();
            _file.Sync();
        }
    }

    public void Dispose()
    {
        lock (_disk.Lock)
        {
            if (!_isClosed)
                _disk.OpenFiles--;
            _isClosed = true;
        }
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);
}
