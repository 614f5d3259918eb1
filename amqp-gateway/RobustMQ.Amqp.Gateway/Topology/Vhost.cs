using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>
/// One vhost, which is a namespace: its topology as the definitions' log tells it, followed for as long as the gateway runs. Changes go through the log, so that every gateway sees the
/// same ones in the same order. Any thread.
/// </summary>
internal sealed partial class Vhost(string name, Namespace ns, IStorageClient storage, TimeProvider time, ILogger logger) : IDisposable
{
    /// <summary>How long the empty record of a key that is gone stays for gateways that are behind.</summary>
    private static readonly TimeSpan TombstoneTime = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan PollTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(200);

    private static readonly IReadOnlyList<TopologyChange> NoLeftovers = [];

    private readonly DefinitionLog _log = new(storage, ns, time);
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly Dictionary<string, byte[]> _known = [];
    private readonly Queue<(Offset Offset, long AtMs)> _tombstones = new();
    private IReadOnlyList<TopologyChange> _leftovers = NoLeftovers;
    private Offset _next = new(0);
    private long _incarnation;
    private bool _isLoaded;

    /// <summary>As clients say it.</summary>
    public string Name => name;

    public Namespace Namespace => ns;

    public VhostTopology Topology { get; } = new(ns);

    /// <summary>Called, one at a time, when the topology may have changed.</summary>
    public Action<Vhost>? Changed { get; init; }

    /// <summary>What is left of an earlier life of the storage-node and not durable, queues before exchanges. Whoever takes it deletes it, or gives it back.</summary>
    public IReadOnlyList<TopologyChange> TakeLeftovers() => Interlocked.Exchange(ref _leftovers, NoLeftovers);

    /// <summary>These could not be deleted. Where the definitions were read again meanwhile, they were found again.</summary>
    public void ReturnLeftovers(IEnumerable<TopologyChange> leftovers) => Interlocked.CompareExchange(ref _leftovers, [.. leftovers], NoLeftovers);

    /// <summary>Reads what there is. False where the storage-node does not answer.</summary>
    public async ValueTask<bool> LoadAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _isLoaded || await LoadCoreAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Catches up with what every gateway has changed so far.</summary>
    public async ValueTask<bool> SyncAsync(CancellationToken cancellationToken = default)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isLoaded && await CatchUpAsync(cancellationToken).ConfigureAwait(false))
                return true;
            // What this gateway has not read in time is gone: from the beginning.
            _isLoaded = false;
            return await LoadCoreAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Stores changes, all or none, and applies them.</summary>
    public async ValueTask ChangeAsync(IReadOnlyList<TopologyChange> changes, bool durable)
    {
        if (changes.Count == 0)
            return;
        var result = await _log.AppendAsync(changes, Volatile.Read(ref _incarnation), durable).ConfigureAwait(false);
        if (!result.Succeeded || !await SyncAsync().ConfigureAwait(false))
            throw AmqpException.Storage(result.Error);
    }

    /// <summary>Follows the definitions until cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                ErrorCode error;
                using (var read = await _log.ReadAsync(_next, PollTime, cancellationToken).ConfigureAwait(false))
                    error = read.Error;
                if (error == ErrorCode.None && await SyncAsync(cancellationToken).ConfigureAwait(false))
                {
                    await ForgetAsync().ConfigureAwait(false);
                    continue;
                }
                Volatile.Write(ref _isLoaded, false);
                await Task.Delay(RetryTime, time, cancellationToken).ConfigureAwait(false);
                await SyncAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception error)
        {
            LogFollowFailed(logger, name, error);
        }
    }

    public void Dispose() => _reading.Dispose();

    /// <summary>From the beginning: what is known and not told again is gone.</summary>
    private async ValueTask<bool> LoadCoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await _log.CreateAsync().ConfigureAwait(false) != ErrorCode.None)
                return false;
            Volatile.Write(ref _incarnation, (await storage.Node.IdentityAsync(cancellationToken).ConfigureAwait(false)).Incarnation);
            var offsets = await storage.Logs.OffsetsAsync(_log.Log, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (offsets.Error != ErrorCode.None)
                return false;
            _next = offsets.Start;
        }
        catch (StorageException)
        {
            return false;
        }
        var before = _known.Keys.ToHashSet(StringComparer.Ordinal);
        var leftovers = new List<TopologyChange>();
        if (!await ReadToEndAsync(before, leftovers, cancellationToken).ConfigureAwait(false))
            return false;
        foreach (var key in before)
            Apply(new Removed(key), []);
        _leftovers = [.. leftovers.Where(static change => change is QueuePut), .. leftovers.Where(static change => change is ExchangePut)];
        _isLoaded = true;
        return true;
    }

    private ValueTask<bool> CatchUpAsync(CancellationToken cancellationToken) => ReadToEndAsync(null, null, cancellationToken);

    private async ValueTask<bool> ReadToEndAsync(HashSet<string>? unconfirmed, List<TopologyChange>? leftovers, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var read = await _log.ReadAsync(_next, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            if (!read.Succeeded)
                return false;
            ApplyBatches(read.Batches, unconfirmed, leftovers);
            if (read.NextOffset > _next)
                _next = read.NextOffset;
            if (_next < read.LogEndOffset)
                continue;
            Changed?.Invoke(this);
            return true;
        }
    }

    private void ApplyBatches(ReadOnlyMemory<byte> batches, HashSet<string>? unconfirmed, List<TopologyChange>? leftovers)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            var records = new RecordReader(reader.Current.Span);
            while (records.MoveNext())
            {
                ref readonly var record = ref records.Current;
                if (record.Offset < _next)
                    continue;
                var key = Encoding.UTF8.GetString(record.Key);
                if (TopologyChange.Decode(key, record.Value, record.HasValue) is not { } change)
                    continue;
                unconfirmed?.Remove(key);
                if (change is Removed)
                    _tombstones.Enqueue((record.Offset, record.TimestampMs));
                else if (leftovers is not null && !change.IsDurable && DefinitionLog.IncarnationOf(record) != _incarnation)
                    leftovers.Add(change);
                Apply(change, record.Value);
            }
        }
    }

    private void Apply(TopologyChange change, ReadOnlySpan<byte> value)
    {
        if (change is Removed)
        {
            _known.Remove(change.Key);
            Topology.Apply(change);
            return;
        }
        if (_known.TryGetValue(change.Key, out var present))
        {
            if (value.SequenceEqual(present))
                return;
            // Gone and made again while nobody looked.
            Topology.Apply(new Removed(change.Key));
        }
        _known[change.Key] = value.ToArray();
        Topology.Apply(change);
    }

    /// <summary>Empty records that everybody has read are removed.</summary>
    private async ValueTask ForgetAsync()
    {
        var due = new List<Offset>();
        await _reading.WaitAsync().ConfigureAwait(false);
        try
        {
            var before = time.GetUtcNow().ToUnixTimeMilliseconds() - (long)TombstoneTime.TotalMilliseconds;
            while (_tombstones.TryPeek(out var oldest) && oldest.AtMs < before)
                due.Add(_tombstones.Dequeue().Offset);
        }
        finally
        {
            _reading.Release();
        }
        if (due.Count > 0)
            await _log.ForgetAsync(due).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The definitions of vhost {Vhost} are no longer followed")]
    private static partial void LogFollowFailed(ILogger logger, string vhost, Exception error);
}
