using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Offline;

/// <summary>The metadata of a node that does not run.</summary>
internal sealed class StoredMetadata : IDisposable
{
    private readonly string _directory;
    private readonly RocksDbMetadataStore _store;

    /// <exception cref="StorageException">There is none, it is of a newer version, or it cannot be read.</exception>
    public StoredMetadata(string directory)
    {
        _directory = directory;
        _store = RocksDbMetadataStore.OpenForReading(directory);
        try
        {
            FormatRecord.Check(_store.Find(MetadataKeys.Format) ?? throw new StorageException(ErrorCode.NotFound, $"'{directory}' is not the metadata of a node"));
            Node = NodeRecord.Parse(_store.Find(MetadataKeys.Node) ?? throw new StorageException(ErrorCode.DiskFailure, $"'{directory}' does not say which node it is of"));
        }
        catch
        {
            _store.Dispose();
            throw;
        }
    }

    public NodeRecord Node { get; }

    /// <summary>Those that can be read.</summary>
    public List<Topic> ReadTopics()
    {
        var topics = new List<Topic>();
        foreach (var (key, value) in _store.Scan(MetadataKeys.Topics))
        {
            try
            {
                topics.Add(TopicRecord.Parse(key, value));
            }
            catch (StorageException)
            {
                // A check reports it; the others are shown all the same.
            }
        }
        return topics;
    }

    public void Check(CheckReport report)
    {
        try
        {
            _store.CheckBlocks();
        }
        catch (StorageException error)
        {
            report.Damage(_directory, error.Message);
        }
        foreach (var (key, value) in _store.Scan([]))
            Check(report, () => _ = new MetadataReader($"the entry {Convert.ToHexString(key)}", key, value, byte.MaxValue));
        foreach (var (key, value) in _store.Scan(MetadataKeys.Topics))
            Check(report, () => TopicRecord.Parse(key, value));
        foreach (var (key, value) in _store.Scan(MetadataKeys.Leases))
            Check(report, () => LeaseRecord.Parse(key, value));
        foreach (var (key, value) in _store.Scan(MetadataKeys.Producers))
            Check(report, () => ProducerRecord.Parse(key, value));
        foreach (var (key, value) in _store.Scan(MetadataKeys.Dropped))
            Check(report, () => DroppedRecord.Parse(key, value));
        foreach (var (key, value) in _store.Scan(MetadataKeys.Directories))
            Check(report, () => DirectoryRecord.Parse(key, value));
        if (_store.Find(MetadataKeys.Counters) is { } counters)
            Check(report, () => CountersRecord.Parse(counters));
    }

    public void Dispose() => _store.Dispose();

    private void Check(CheckReport report, Action parse)
    {
        try
        {
            parse();
        }
        catch (StorageException error)
        {
            report.Damage(_directory, error.Message);
        }
    }
}
