using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>The vhosts that this gateway has met. Thread-safe.</summary>
internal sealed class VhostRegistry(IStorageClient storage, TimeProvider time, ILogger<VhostRegistry> logger) : IAsyncDisposable
{
    /// <summary>The one that every client knows; it is the namespace that its user belongs to.</summary>
    public const string Root = "/";

    private readonly ConcurrentDictionary<Namespace, Entry> _vhosts = new();
    private readonly CancellationTokenSource _stop = new();

    public IEnumerable<Vhost> All => _vhosts.Values.Select(static entry => entry.Vhost);

    /// <summary>Called with each vhost that was loaded for the first time.</summary>
    public Func<Vhost, Task>? Loaded { get; set; }

    /// <summary>Which namespace a vhost's name means for a user; null where it is not the user's.</summary>
    public static Namespace? NamespaceOf(string vhost, Namespace own)
    {
        if (vhost == Root)
            return own;
        return Namespace.TryParse(vhost, out var named) && named == own ? own : null;
    }

    /// <summary>Called whenever a vhost's topology may have changed.</summary>
    public Action<Vhost>? Changed { get; set; }

    /// <summary>One that this gateway has met.</summary>
    public Vhost? Find(Namespace ns) => _vhosts.TryGetValue(ns, out var entry) ? entry.Vhost : null;

    /// <returns>Null: the storage-node does not answer.</returns>
    public async ValueTask<Vhost?> FindAsync(Namespace ns, CancellationToken cancellationToken)
    {
        var entry = _vhosts.GetOrAdd(ns, static (key, registry) => registry.Create(key), this);
        if (!await entry.Vhost.LoadAsync(cancellationToken).ConfigureAwait(false))
            return null;
        await entry.Started.Value.ConfigureAwait(false);
        return entry.Vhost;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var entry in _vhosts.Values)
        {
            if (entry.Follow is { } follow)
                await follow.ConfigureAwait(false);
            entry.Vhost.Dispose();
        }
        _stop.Dispose();
    }

    private Entry Create(Namespace ns)
    {
        var entry = new Entry(new Vhost(ns == Namespace.Default ? Root : ns.Value, ns, storage, time, logger) { Changed = Changed });
        entry.Started = new Lazy<Task>(() => StartAsync(entry));
        return entry;
    }

    private Task StartAsync(Entry entry)
    {
        entry.Follow = entry.Vhost.FollowAsync(_stop.Token);
        return Loaded?.Invoke(entry.Vhost) ?? Task.CompletedTask;
    }

    private sealed class Entry(Vhost vhost)
    {
        public Vhost Vhost { get; } = vhost;

        public Lazy<Task> Started { get; set; } = null!;

        public Task? Follow { get; set; }
    }
}
