using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>
/// All users by what they are recognised by: those of the configuration, those that were made at run time, and what was granted to either. A name of the configuration is nobody else's. Any thread.
/// </summary>
internal sealed class KnownUsers
{
    private static readonly Grant[] Nothing =
    [
        new(GrantResource.Topic, Grant.AnyName, IsPrefix: false, GrantOperation.All, IsDenied: true),
        new(GrantResource.Group, Grant.AnyName, IsPrefix: false, GrantOperation.All, IsDenied: true),
        new(GrantResource.TransactionalId, Grant.AnyName, IsPrefix: false, GrantOperation.All, IsDenied: true),
        new(GrantResource.Cluster, Grant.ClusterName, IsPrefix: false, GrantOperation.All, IsDenied: true),
    ];

    private readonly AuthOptions _options;
    private readonly Dictionary<string, UserOptions> _configured = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _nameByKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _nameByCertificate = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _withToken = [];
    private readonly ConcurrentDictionary<string, KnownUser> _byName = new(StringComparer.Ordinal);
    private readonly ScramUsers _scram = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Told> _told = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredUser> _stored = new(StringComparer.Ordinal);
    private readonly Dictionary<(Namespace, string), StoredGrants> _grants = [];

    public KnownUsers(AuthOptions options)
    {
        _options = options;
        foreach (var user in options.Users)
        {
            if (!_configured.TryAdd(user.Name, user))
                continue;
            _byName[user.Name] = KnownUser.Of(user, options.DefaultPermissions, []);
            _scram.Add(user);
            if (user.Key is not null)
                _nameByKey.TryAdd(user.Key, user.Name);
            if (user.Token is not null)
                _withToken.Add(user.Name);
            foreach (var certificate in user.Certificates)
                _nameByCertificate.TryAdd(CertificateNames.Normalize(certificate), user.Name);
        }
    }

    /// <summary>Told after a user has changed or gone; null: any of them may have.</summary>
    public event Action<string?>? Changed;

    public bool HasConfigured => _configured.Count > 0;

    public bool HasKeys => _nameByKey.Count > 0;

    public ICollection<KnownUser> All => _byName.Values;

    public IEnumerable<KnownUser> WithToken => _withToken.Select(Find).OfType<KnownUser>();

    public ScramUsers Scram => _scram;

    public bool IsConfigured(string name) => _configured.ContainsKey(name);

    public KnownUser? Find(string name) => _byName.GetValueOrDefault(name);

    public KnownUser? FindByKey(string publicKey) => _nameByKey.TryGetValue(publicKey, out var name) ? Find(name) : null;

    public KnownUser? FindByCertificate(X509Certificate2 certificate)
    {
        foreach (var name in CertificateNames.Of(certificate))
        {
            if (_nameByCertificate.TryGetValue(name, out var user))
                return Find(user);
        }
        return null;
    }

    /// <summary>Everything that was granted in a namespace, also to names that nobody has.</summary>
    public IReadOnlyList<StoredGrants> GrantsOf(Namespace ns)
    {
        lock (_lock)
            return [.. _grants.Values.Where(grants => grants.Namespace == ns).OrderBy(static grants => grants.User, StringComparer.Ordinal)];
    }

    /// <summary>How many users were made at run time.</summary>
    public int StoredCount
    {
        get
        {
            lock (_lock)
                return _stored.Count;
        }
    }

    /// <summary>How many names have grants, in all namespaces.</summary>
    public int GrantedCount
    {
        get
        {
            lock (_lock)
                return _grants.Count;
        }
    }

    /// <summary>Takes what a record says; one that is older than what was told under its key before, or says the same, changes nothing.</summary>
    /// <returns>False: it cannot be read. A user without readable credentials is none, one without readable grants may do nothing.</returns>
    public bool Apply(string key, ReadOnlySpan<byte> value, Offset at)
    {
        string? changed;
        bool isReadable;
        lock (_lock)
        {
            var known = _told.GetValueOrDefault(key);
            if (known is not null && known.At >= at && known.IsConfirmed)
                return true;
            _told[key] = new Told(at, value.ToArray(), IsConfirmed: true);
            if (known is not null && value.SequenceEqual(known.Value))
                return true;
            if (StoredRecord.IsUser(key, out var user))
                (isReadable, changed) = (ApplyUser(user, value), user);
            else if (StoredRecord.IsGrants(key, out var ns, out user))
                (isReadable, changed) = (ApplyGrants(ns, user, value), user == StoredGrants.Everybody ? null : user);
            else
                return false;
        }
        Changed?.Invoke(changed);
        return isReadable;
    }

    /// <summary>Everything is told anew from here on.</summary>
    public void BeginAnew()
    {
        lock (_lock)
        {
            foreach (var (key, told) in _told)
                _told[key] = told with { IsConfirmed = false };
        }
    }

    /// <summary>Everything was told: what was not is gone.</summary>
    public void EndAnew()
    {
        List<string> untold;
        lock (_lock)
            untold = [.. _told.Where(static told => !told.Value.IsConfirmed).Select(static told => told.Key)];
        foreach (var key in untold)
        {
            Apply(key, [], Offset.Zero);
            lock (_lock)
            {
                // What was written meanwhile is there.
                if (_told.TryGetValue(key, out var told) && told.Value.Length == 0)
                    _told.Remove(key);
            }
        }
    }

    private bool ApplyUser(string name, ReadOnlySpan<byte> value)
    {
        StoredUser? user = null;
        var isReadable = true;
        try
        {
            user = StoredRecord.ReadUser(name, value);
        }
        catch (FormatException)
        {
            isReadable = false;
        }
        // A name that was configured since is the configuration's.
        if (IsConfigured(name))
            return isReadable;
        if (user is null)
            _stored.Remove(name);
        else
            _stored[name] = user;
        _scram.Set(name, user?.Verifiers ?? []);
        Renew(name, keepsSecrets: false);
        return isReadable;
    }

    private bool ApplyGrants(Namespace ns, string user, ReadOnlySpan<byte> value)
    {
        IReadOnlyList<Grant> grants = Nothing;
        var isReadable = true;
        try
        {
            grants = StoredRecord.ReadGrants(value);
        }
        catch (FormatException)
        {
            isReadable = false;
        }
        if (grants.Count == 0)
            _grants.Remove((ns, user));
        else
            _grants[(ns, user)] = new StoredGrants(ns, user, grants);
        foreach (var known in _byName.Values.Where(known => known.Identity.Namespace == ns && (user == StoredGrants.Everybody || user == known.Name)))
            Renew(known.Name, keepsSecrets: true);
        return isReadable;
    }

    private void Renew(string name, bool keepsSecrets)
    {
        var present = Find(name);
        var renewed = _configured.TryGetValue(name, out var options) ? KnownUser.Of(options, _options.DefaultPermissions, GrantsOf(name, options.Namespace))
            : _stored.TryGetValue(name, out var stored) ? KnownUser.Of(stored, _options.DefaultPermissions, GrantsOf(name, stored.Namespace))
            : null;
        if (renewed is null)
            _byName.TryRemove(name, out _);
        else
            _byName[name] = keepsSecrets && present is not null ? present.With(renewed) : renewed;
    }

    private List<Grant> GrantsOf(string name, Namespace ns) =>
    [
        .. _grants.GetValueOrDefault((ns, name))?.Grants ?? [],
        .. _grants.GetValueOrDefault((ns, StoredGrants.Everybody))?.Grants ?? [],
    ];

    /// <param name="IsConfirmed">False: it may be gone from the storage since.</param>
    private sealed record Told(Offset At, byte[] Value, bool IsConfirmed);
}
