namespace RobustMQ.Storage.Metadata;

/// <summary>Small durable facts by key, in key order: topics, leases, counters. Drawn in docs/formats/metadata.md. One writer; reads only while opening.</summary>
internal interface IMetadataStore : IDisposable
{
    /// <summary>Null where there is none.</summary>
    byte[]? Find(ReadOnlySpan<byte> key);

    /// <summary>Every entry whose key begins with these bytes, in key order.</summary>
    IEnumerable<KeyValuePair<byte[], byte[]>> Scan(byte[] prefix);

    /// <summary>Applies all changes or none; they are on the device when it returns.</summary>
    /// <exception cref="Records.StorageException">The device refused. Whether the changes survive a restart is unknown.</exception>
    void Commit(MetadataChanges changes);
}
