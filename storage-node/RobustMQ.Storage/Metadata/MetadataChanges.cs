namespace RobustMQ.Storage.Metadata;

/// <summary>Puts and removals that become durable together. Later changes of a key win.</summary>
internal sealed class MetadataChanges
{
    private readonly List<KeyValuePair<byte[], byte[]?>> _entries = [];

    /// <summary>In order; a null value removes the key.</summary>
    public IReadOnlyList<KeyValuePair<byte[], byte[]?>> Entries => _entries;

    public bool IsEmpty => _entries.Count == 0;

    public void Put(byte[] key, byte[] value) => _entries.Add(new KeyValuePair<byte[], byte[]?>(key, value));

    public void Remove(byte[] key) => _entries.Add(new KeyValuePair<byte[], byte[]?>(key, null));

    public void Clear() => _entries.Clear();
}
