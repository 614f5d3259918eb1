using RobustMQ.Records;

namespace RobustMQ.Storage.Disk;

/// <summary>
/// Keeps the number of open files bounded over many logs: files are opened when they are used and the one that was used longest ago is closed for another. Files in use stay
/// open, so the bound is exceeded while more are in use at once. A process that may open no more closes all that are idle and tries again. A file that is closed with unsynced bytes keeps its error, if there will be one, for the descriptor that
/// syncs it later (Linux reports an error that nobody has seen to the next who opens the file).
/// </summary>
internal sealed class OpenFiles(int filesMax) : IDisposable
{
    private readonly LinkedList<FileSlot> _idle = new();
    private readonly Lock _lock = new();
    private int _open;

    public int Count => Volatile.Read(ref _open);

    /// <summary>Opens the file where it is not, and keeps it open until the lease is disposed.</summary>
    public FileLease Use(FileSlot slot)
    {
        IStorageFile? victim = null;
        lock (_lock)
        {
            if (slot.File is null)
            {
                slot.File = Open(slot);
                _open++;
                victim = TakeVictim();
            }
            else if (slot.Users == 0)
            {
                _idle.Remove(slot.Node);
            }
            slot.Users++;
        }
        victim?.Dispose();
        return new FileLease(this, slot);
    }

    /// <summary>Hands over a file that was just created.</summary>
    public void Add(FileSlot slot, IStorageFile file)
    {
        IStorageFile? victim;
        lock (_lock)
        {
            slot.File = file;
            _open++;
            _idle.AddLast(slot.Node);
            victim = TakeVictim();
        }
        victim?.Dispose();
    }

    /// <summary>Closes a file as soon as nobody uses it: it will not be used again, or it is another file under this name from now on.</summary>
    public void Close(FileSlot slot)
    {
        IStorageFile? file;
        lock (_lock)
        {
            slot.IsClosed = true;
            file = slot.Users == 0 ? Take(slot) : null;
        }
        file?.Dispose();
    }

    public void Dispose()
    {
        lock (_lock)
            CloseIdle();
    }

    internal void Release(FileSlot slot)
    {
        IStorageFile? file = null;
        lock (_lock)
        {
            if (--slot.Users > 0)
                return;
            _idle.AddLast(slot.Node);
            file = slot.IsClosed ? Take(slot) : TakeVictim();
        }
        file?.Dispose();
    }

    private IStorageFile Open(FileSlot slot)
    {
        try
        {
            return slot.Directory.OpenFile(slot.Name);
        }
        catch (StorageException) when (_idle.Count > 0)
        {
            CloseIdle();
            return slot.Directory.OpenFile(slot.Name);
        }
    }

    private void CloseIdle()
    {
        while (_idle.First is { } node)
            Take(node.Value)!.Dispose();
    }

    private IStorageFile? TakeVictim() => _open > filesMax && _idle.First is { } node ? Take(node.Value) : null;

    private IStorageFile? Take(FileSlot slot)
    {
        if (slot.File is not { } file)
            return null;
        slot.File = null;
        _idle.Remove(slot.Node);
        _open--;
        return file;
    }
}
