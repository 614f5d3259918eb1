namespace RobustMQ.Storage.Metadata;

/// <summary>Keeps metadata for the life of the process: a node without a data directory, and tests.</summary>
internal sealed class MemoryMetadataStore : IMetadataStore
{
    private readonly SortedDictionary<byte[], byte[]> _entries = new(KeyOrder.Instance);
    private readonly Lock _lock = new();

    public byte[]? Find(ReadOnlySpan<byte> key)
    {
        lock (_lock)
            return _entries.GetValueOrDefault(key.ToArray());
    }

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] prefix)
    {
        lock (_lock)
            return [.. _entries.Where(entry => entry.Key.AsSpan().StartsWith(prefix))];
    }

    public void Commit(MetadataChanges changes)
    {
        lock (_lock)
        {
            foreach (var (key, value) in changes.Entries)
            {
                if (value is null)
                    _entries.Remove(key);
                else
                    _entries[key] = value;
            }
        }
    }

    public void Dispose()
    {
    }

    private sealed class KeyOrder : IComparer<byte[]>
    {
        public static KeyOrder Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
