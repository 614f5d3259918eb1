namespace RobustMQ.Storage.Disk;

/// <summary>A file that <see cref="OpenFiles"/> opens and closes as it is needed.</summary>
internal sealed class FileSlot
{
    public FileSlot(IStorageDirectory directory, string name)
    {
        Directory = directory;
        Name = name;
        Node = new LinkedListNode<FileSlot>(this);
    }

    public IStorageDirectory Directory { get; }

    public string Name { get; }

    internal LinkedListNode<FileSlot> Node { get; }

    internal IStorageFile? File { get; set; }

    internal int Users { get; set; }

    internal bool IsClosed { get; set; }
}
