using System.Runtime.CompilerServices;
using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Leases;

/// <summary>
/// Names that one holder owns for a time. A lease's revision is its holder's fencing token: it grows with every change of any lease and is never used twice, restarts
/// included. Deadlines are kept in memory: after a restart every lease begins its time to live anew, so a restart never takes a lease from a live holder.
/// Outcomes are <see cref="ErrorCode"/>s.
/// </summary>
public sealed class LeaseTable : IAsyncDisposable
{
    private const int NameLengthMax = 512;

    private readonly Dictionary<string, (Lease Lease, DateTimeOffset Deadline)> _leases = new(StringComparer.Ordinal);
    private readonly PriorityQueue<(string Name, long Revision), DateTimeOffset> _deadlines = new();
    private readonly Lock _lock = new();
    private readonly StorageOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private ChangeFeed<LeaseEvent> _feed = new(1, 0);
    private IReplicationGroup _group = null!;
    private Task _expiry = Task.CompletedTask;
    private bool _stopped;

    internal LeaseTable(StorageOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _timer = time.CreateTimer(_ => Expire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _leases.Count;
        }
    }

    /// <summary>
    /// Takes a lease that is free, one's own again (with a new revision, which fences the older one), or, where <paramref name="steal"/> says so, another's.
    /// Held by another: <see cref="ErrorCode.LeaseHeld"/> with the holder's lease.
    /// </summary>
    public async ValueTask<LeaseResult> AcquireAsync(
        string name, string holder, ReadOnlyMemory<byte> value, TimeSpan ttl, bool steal = false, CancellationToken cancellationToken = default)
    {
        if (!IsName(name) || !IsName(holder) || value.Length > _options.LeaseValueBytesMax || ttl < TimeSpan.FromMilliseconds(1) || ttl > _options.LeaseTtlMax)
            return new LeaseResult(ErrorCode.InvalidArgument, null);
        var acquire = new AcquireLease(name, holder, value.ToArray(), ttl, steal);
        if (FindExpired(name) is { } expired)
            return ResultOf((await _group.ProposeAsync(new RemoveLease(name, expired.Revision, IsExpired: true), acquire).ConfigureAwait(false))[1]);
        if (Count >= _options.LeasesMax && Find(name) is null)
            return new LeaseResult(ErrorCode.LimitExceeded, null);
        return ResultOf(await _group.ProposeOneAsync(acquire).ConfigureAwait(false));
    }

    /// <summary>
    /// Begins the lease's time to live anew. A new value is a change and gives the lease a new revision; without one the revision stays.
    /// Another revision is the present one: <see cref="ErrorCode.Fenced"/>, with the present lease.
    /// </summary>
    /// <param name="value">Null: unchanged.</param>
    public async ValueTask<LeaseResult> RenewAsync(
        string name, long revision, ReadOnlyMemory<byte>? value = null, CancellationToken cancellationToken = default)
    {
        if (!IsName(name) || value?.Length > _options.LeaseValueBytesMax)
            return new LeaseResult(ErrorCode.InvalidArgument, null);
        if (FindExpired(name) is { } expired)
            await _group.ProposeOneAsync(new RemoveLease(name, expired.Revision, IsExpired: true)).ConfigureAwait(false);
        return value is { } bytes
            ? ResultOf(await _group.ProposeOneAsync(new UpdateLease(name, revision, bytes.ToArray())).ConfigureAwait(false))
            : Extend(name, revision);
    }

    /// <summary>Another revision is the present one: <see cref="ErrorCode.Fenced"/>. Nobody holds it: <see cref="ErrorCode.NotFound"/>.</summary>
    public async ValueTask<LeaseResult> ReleaseAsync(string name, long revision, CancellationToken cancellationToken = default) =>
        IsName(name)
            ? ResultOf(await _group.ProposeOneAsync(new RemoveLease(name, revision, IsExpired: false)).ConfigureAwait(false))
            : new LeaseResult(ErrorCode.InvalidArgument, null);

    public ValueTask<LeaseResult> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        if (!IsName(name))
            return new ValueTask<LeaseResult>(new LeaseResult(ErrorCode.InvalidArgument, null));
        var lease = FindExpired(name) is null ? Find(name) : null;
        return new ValueTask<LeaseResult>(new LeaseResult(lease is null ? ErrorCode.NotFound : ErrorCode.None, lease));
    }

    /// <summary>
    /// The leases under a prefix, then <see cref="LeaseEventKind.CaughtUp"/>, then every change. A watch that fell too far behind is told the leases again, behind an
    /// <see cref="LeaseEventKind.Expired"/> for each that is gone. Ends by cancellation and when the node drains.
    /// </summary>
    public async IAsyncEnumerable<LeaseEvent> WatchAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var changes = new List<(long Revision, LeaseEvent Change)>();
        var told = new Dictionary<string, Lease>(StringComparer.Ordinal);
        var at = -1L;
        while (true)
        {
            changes.Clear();
            if (!_feed.TryRead(at, changes, out var more))
            {
                var (present, revision) = Snapshot(prefix);
                foreach (var gone in told.Values.Where(lease => !present.ContainsKey(lease.Name)))
                    yield return new LeaseEvent(LeaseEventKind.Expired, gone, revision);
                foreach (var lease in present.Values)
                    yield return new LeaseEvent(LeaseEventKind.Put, lease, lease.Revision);
                yield return new LeaseEvent(LeaseEventKind.CaughtUp, null, revision);
                (told, at) = (present, revision);
                continue;
            }
            foreach (var (revision, change) in changes)
            {
                at = revision;
                if (!change.Lease!.Name.StartsWith(prefix, StringComparison.Ordinal))
                    continue;
                if (change.Kind == LeaseEventKind.Put)
                    told[change.Lease.Name] = change.Lease;
                else
                    told.Remove(change.Lease.Name);
                yield return change;
            }
            if (_feed.IsClosed)
                yield break;
            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
            _stopped = true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _expiry.ConfigureAwait(false);
        _feed.Close();
    }

    internal void Start(IReplicationGroup group, IEnumerable<Lease> leases, long revision)
    {
        _group = group;
        _feed = new ChangeFeed<LeaseEvent>(_options.WatchHistory, revision);
        lock (_lock)
        {
            foreach (var lease in leases)
                SetDeadline(lease);
        }
    }

    /// <summary>A change is durable. Called by the group's thread, in order.</summary>
    internal void OnApplied(LeaseChange change)
    {
        lock (_lock)
        {
            if (change.Kind == LeaseEventKind.Put)
                SetDeadline(change.Lease);
            else
                _leases.Remove(change.Lease.Name);
        }
        _feed.Add(change.Revision, new LeaseEvent(change.Kind, change.Lease, change.Revision));
    }

    private static bool IsName(string? text) => text is { Length: > 0 and <= NameLengthMax } && !text.AsSpan().ContainsAnyInRange('\0', '\x1f');

    private static LeaseResult ResultOf(OperationResult outcome) => new(outcome.Error, (outcome.Value as LeaseChange)?.Lease);

    private LeaseResult Extend(string name, long revision)
    {
        lock (_lock)
        {
            if (!_leases.TryGetValue(name, out var entry))
                return new LeaseResult(ErrorCode.NotFound, null);
            if (entry.Lease.Revision != revision)
                return new LeaseResult(ErrorCode.Fenced, entry.Lease);
            _leases[name] = (entry.Lease, _time.GetUtcNow() + entry.Lease.Ttl);
            return new LeaseResult(ErrorCode.None, entry.Lease);
        }
    }

    private Lease? Find(string name)
    {
        lock (_lock)
            return _leases.TryGetValue(name, out var entry) ? entry.Lease : null;
    }

    private Lease? FindExpired(string name)
    {
        lock (_lock)
            return _leases.TryGetValue(name, out var entry) && entry.Deadline <= _time.GetUtcNow() ? entry.Lease : null;
    }

    private (Dictionary<string, Lease> Leases, long Revision) Snapshot(string prefix)
    {
        lock (_lock)
        {
            var revision = _feed.Revision;
            var leases = new Dictionary<string, Lease>(StringComparer.Ordinal);
            foreach (var (name, entry) in _leases)
            {
                if (name.StartsWith(prefix, StringComparison.Ordinal))
                    leases.Add(name, entry.Lease);
            }
            return (leases, revision);
        }
    }

    private void SetDeadline(Lease lease)
    {
        var deadline = _time.GetUtcNow() + lease.Ttl;
        _leases[lease.Name] = (lease, deadline);
        _deadlines.Enqueue((lease.Name, lease.Revision), deadline);
        if (_deadlines.Peek() == (lease.Name, lease.Revision))
            SetTimer(deadline);
    }

    private void SetTimer(DateTimeOffset deadline)
    {
        var due = deadline - _time.GetUtcNow();
        _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Proposes the end of every lease whose deadline has passed. A lease stands in the queue once, with the deadline that it had when it was queued.</summary>
    private void Expire()
    {
        var over = new List<Operation>();
        lock (_lock)
        {
            if (_stopped)
                return;
            var now = _time.GetUtcNow();
            while (_deadlines.TryPeek(out var next, out var deadline) && deadline <= now)
            {
                _deadlines.Dequeue();
                if (!_leases.TryGetValue(next.Name, out var entry) || entry.Lease.Revision != next.Revision)
                    continue;
                if (entry.Deadline > now)
                    _deadlines.Enqueue(next, entry.Deadline);
                else
                    over.Add(new RemoveLease(next.Name, next.Revision, IsExpired: true));
            }
            if (_deadlines.TryPeek(out _, out var nearest))
                SetTimer(nearest);
            if (over.Count > 0)
                _expiry = Task.WhenAll(_expiry, ProposeAsync([.. over]));
        }
    }

    private async Task ProposeAsync(Operation[] over)
    {
        await Task.Yield();
        foreach (var some in over.Chunk(LocalGroup.RoundMax))
            await _group.ProposeAsync(some).ConfigureAwait(false);
    }
}
