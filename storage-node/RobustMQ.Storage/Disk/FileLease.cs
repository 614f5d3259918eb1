namespace RobustMQ.Storage.Disk;

/// <summary>A file that stays open until this is disposed, once.</summary>
internal readonly struct FileLease(OpenFiles files, FileSlot slot) : IDisposable
{
    public IStorageFile File => slot.File!;

    public void Dispose() => files.Release(slot);
}
