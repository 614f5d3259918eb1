using System.Globalization;
using Microsoft.Extensions.Logging;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment;

/// <summary>
/// Keeps logs in segment files, one directory a log: <c>TOPIC-PARTITION/00000000000000000000.log</c> and so on, drawn in docs/formats/segment.md. The <c>.log</c> files are Kafka's, byte for
/// byte.
/// </summary>
internal sealed class SegmentLogEngine(IStorageDirectory root, SegmentOptions options, ILogger logger) : ILogEngine
{
    /// <summary>A log that is being deleted; found at a start, its deletion is finished.</summary>
    private const string DeletedSuffix = ".deleted";

    private readonly SegmentStore _store = new(root, options, logger);
    private readonly Lock _lock = new();
    private bool _isClean;

    public EngineKind Kind => EngineKind.Segment;

    public bool IsPersistent => true;

    public IReadOnlyList<LogTrouble> Troubles => _store.Troubles;

    public ValueTask<ILog> OpenAsync(LogId id, LogOptions options, CancellationToken cancellationToken = default)
    {
        FinishDeletions();
        var name = NameOf(id);
        var isNew = !root.ListDirectories().Contains(name);
        var directory = root.Open(name);
        if (isNew)
            root.Sync();
        return new ValueTask<ILog>(new SegmentLog(_store, directory, id, options));
    }

    public async ValueTask DeleteAsync(LogId id, CancellationToken cancellationToken = default)
    {
        await _store.Jobs.SettleAsync().ConfigureAwait(false);
        var name = NameOf(id);
        if (!root.ListDirectories().Contains(name))
            return;
        // From the rename on the log is gone, whatever happens while its files are removed.
        root.RenameDirectory(name, name + DeletedSuffix);
        root.Sync();
        root.DeleteDirectory(name + DeletedSuffix);
    }

    public IReadOnlyList<LogId> List()
    {
        var logs = new List<LogId>();
        foreach (var name in root.ListDirectories())
        {
            if (TryParse(name, out var id))
                logs.Add(id);
        }
        return logs;
    }

    /// <summary>Completes when nothing is left to seal, delete or compact.</summary>
    public Task SettleAsync() => _store.Jobs.SettleAsync();

    public async ValueTask DisposeAsync()
    {
        await _store.Jobs.SettleAsync().ConfigureAwait(false);
        _store.Files.Dispose();
    }

    private static string NameOf(LogId id) => id.ToString();

    private static bool TryParse(string name, out LogId id)
    {
        id = default;
        if (name.Length < 34 || name[32] != '-' || !Guid.TryParseExact(name.AsSpan(0, 32), "n", out var topic)
            || !int.TryParse(name.AsSpan(33), NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
            return false;
        id = new LogId(topic, partition);
        return true;
    }

    private void FinishDeletions()
    {
        lock (_lock)
        {
            if (_isClean)
                return;
            foreach (var name in root.ListDirectories())
            {
                if (name.EndsWith(DeletedSuffix, StringComparison.Ordinal))
                    root.DeleteDirectory(name);
            }
            _isClean = true;
        }
    }
}
