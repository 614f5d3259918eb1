using RobustMQ.Records;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Tests.Metadata;

/// <summary>Metadata that outlives its node, as a disk does, and that can be told to fail.</summary>
internal sealed class KeptMetadata : IMetadataStore
{
    private readonly MemoryMetadataStore _inner = new();

    public bool Fails { get; set; }

    public int Commits { get; private set; }

    public byte[]? Find(ReadOnlySpan<byte> key) => _inner.Find(key);

    public IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] prefix) => _inner.Scan(prefix);

    public void Commit(MetadataChanges changes)
    {
        if (Fails)
            throw new StorageException(ErrorCode.DiskFailure, "injected");
        Commits++;
        _inner.Commit(changes);
    }

    public void Put(byte[] key, byte[] value)
    {
        var changes = new MetadataChanges();
        changes.Put(key, value);
        _inner.Commit(changes);
    }

    public void Dispose()
    {
    }
}
