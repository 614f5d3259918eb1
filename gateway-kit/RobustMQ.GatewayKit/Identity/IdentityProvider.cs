using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>Decides who a client is, from the users of the configuration and those that were made at run time; the same for every protocol. Any thread.</summary>
public sealed partial class IdentityProvider : IDisposable
{
    private const int NonceBytes = 24;

    /// <summary>The same where only users that were made at run time have hashes.</summary>
    private static readonly Lazy<Secret> StoredDecoy = new(static () => new Secret(ScramVerifier.Create(ScramMechanism.Sha256, Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes)))));

    private readonly KnownUsers _users;
    private readonly ILogger _logger;
    private readonly string? _noAuthUser;
    private readonly HashingGate _hashing;
    private readonly FailureBackoff _backoff;

    /// <summary>What an unknown name is checked against, so that it takes as long as a known one.</summary>
    private readonly Secret? _decoy;

    public IdentityProvider(AuthOptions options, TimeProvider time, ILogger<IdentityProvider> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _logger = logger;
        _hashing = new HashingGate(options.HashingMax, options.HashingQueueMax, static (secret, candidate) => secret.VerifyHash(candidate));
        _backoff = new FailureBackoff(options.FailuresMax, options.FailureBackoff, time);
        _users = new KnownUsers(options);
        foreach (var user in _users.All)
        {
            if (user.Password is { IsHashed: true })
                _decoy = user.Password;
            if (user.Password is { IsHashed: false } || user.Token is { IsHashed: false })
                LogPlainSecret(logger, user.Name);
        }
        IsRequired = options.Users.Count > 0 && options.NoAuthUser is null;
        _noAuthUser = options.NoAuthUser;
    }

    /// <summary>Told after a user, or what it may do, has changed or gone; null: any of them may have. Sessions of before are to end, or to go on as <see cref="Current"/> says.</summary>
    public event Action<string?>? Changed
    {
        add => _users.Changed += value;
        remove => _users.Changed -= value;
    }

    /// <summary>Clients without credentials are turned away.</summary>
    public bool IsRequired { get; }

    /// <summary>Who a client without credentials is; null where it is turned away, or what that user may do is not known yet.</summary>
    public UserIdentity? Anonymous => !HasUsers ? UserIdentity.Anybody : _noAuthUser is { } name && Store is not { IsKnown: false } ? _users.Find(name)?.Identity : null;

    /// <summary>Some are configured: otherwise anybody may do everything.</summary>
    public bool HasUsers => _users.HasConfigured;

    /// <summary>Users and grants that were made at run time. Nobody logs in before they are known for the first time.</summary>
    public UserStore? Store { get; private set; }

    /// <summary>Some user signs in with a public key.</summary>
    public bool HasKeys => _users.HasKeys;

    internal KnownUsers Known => _users;

    /// <summary>
    /// A name and password decide where there are any, then a token, then the TLS client certificate; without all of them a client is <see cref="Anonymous"/>. Where no
    /// users are configured, credentials are not looked at.
    /// </summary>
    public ValueTask<AuthenticationResult> AuthenticateAsync(Credentials credentials, CancellationToken cancellationToken = default)
    {
        if (!HasUsers)
            return new(AuthenticationResult.Accept(UserIdentity.Anybody));
        return Store is { IsKnown: false } ? AuthenticateLaterAsync(credentials, cancellationToken) : AuthenticateNowAsync(credentials, cancellationToken);
    }

    /// <summary>Completes when it is known who the users are; callers of <see cref="FindByKey"/> and <see cref="BeginScram"/> wait for it first.</summary>
    public ValueTask WaitUntilKnownAsync(CancellationToken cancellationToken = default) =>
        HasUsers && Store is { IsKnown: false } store ? new(store.Known.WaitAsync(cancellationToken)) : ValueTask.CompletedTask;

    /// <summary>What a user that has logged in may do by now; null: there is no such user any more. One look-up by name.</summary>
    public UserIdentity? Current(UserIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        if (!HasUsers)
            return identity;
        return _users.Find(identity.Name)?.Identity is { } current && current.Namespace == identity.Namespace ? current : null;
    }

    private async ValueTask<AuthenticationResult> AuthenticateLaterAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        await WaitUntilKnownAsync(cancellationToken).ConfigureAwait(false);
        return await AuthenticateNowAsync(credentials, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<AuthenticationResult> AuthenticateNowAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        if (credentials.Address is { } address && _backoff.MustWait(address))
            return new(AuthenticationResult.Throttled);
        if (credentials.User is { Length: > 0 } || credentials.Password is { Length: > 0 })
            return CheckPasswordAsync(credentials, cancellationToken);
        if (credentials.Token is { Length: > 0 })
            return new(CheckTokenAsync(credentials, cancellationToken));
        if (credentials.Certificate is not null && _users.FindByCertificate(credentials.Certificate) is { } shown)
            return new(AuthenticationResult.Accept(shown.Identity));
        return new(Anonymous is { } anonymous ? AuthenticationResult.Accept(anonymous) : Refuse(credentials));
    }

    /// <summary>The user with a public key, whose signature the caller has verified.</summary>
    public UserIdentity? FindByKey(string publicKey) => Store is { IsKnown: false } ? null : _users.FindByKey(publicKey)?.Identity;

    /// <summary>Begins a login by SCRAM; null where the address has to wait. Users have verifiers from plain passwords, and those configured or stored; an unknown user is not told from a wrong password.</summary>
    public ScramLogin? BeginScram(ScramMechanism mechanism, IPAddress? address)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        if ((address is not null && _backoff.MustWait(address)) || Store is { IsKnown: false })
            return null;
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        var server = new ScramServer(mechanism, user => _users.Scram.Find(user, mechanism) ?? _users.Scram.Decoy(user, mechanism), nonce);
        return new ScramLogin(server, user => _users.Find(user)?.Identity, user => Fail(user, address));
    }

    /// <summary>All users, in the order of their names; verifiers of plain passwords are computed when first looked at.</summary>
    public IReadOnlyList<UserDescription> Users =>
    [
        .. _users.All.OrderBy(static user => user.Name, StringComparer.Ordinal).Select(user => new UserDescription(
            user.Identity, user.Permissions, [.. ScramMechanism.All.Select(mechanism => _users.Scram.Find(user.Name, mechanism)).OfType<ScramVerifier>()], user.Stored is not null))
    ];

    /// <summary>What was granted in a namespace beside the configuration, by user.</summary>
    public IReadOnlyList<StoredGrants> GrantsOf(Namespace ns) => _users.GrantsOf(ns);

    /// <summary>Tells the operator of a listener that others than this machine reach, where nobody is asked who he is.</summary>
    public void WarnIfOpen(string listener, IPAddress address)
    {
        if (!HasUsers && !IPAddress.IsLoopback(address))
            LogOpen(_logger, listener, address);
    }

    public void Dispose() => _hashing.Dispose();

    /// <summary>From now on nobody logs in before the store is known.</summary>
    internal void Attach(UserStore store) => Store = store;

    private ValueTask<AuthenticationResult> CheckPasswordAsync(in Credentials credentials, CancellationToken cancellationToken)
    {
        var password = credentials.Password ?? string.Empty;
        var user = _users.Find(credentials.User ?? string.Empty);
        if (user?.Password is { } known && known.IsKnown(password))
            return new(AuthenticationResult.Accept(user.Identity));
        // A plain secret that differs is wrong; a name that is unknown costs what a known one does.
        var hash = user?.Password is { IsHashed: true } hashed ? hashed : _decoy ?? (_users.StoredCount > 0 ? StoredDecoy.Value : null);
        return hash is null ? new(Refuse(credentials)) : new(CheckHashAsync(credentials, hash, password, user, cancellationToken));
    }

    private async Task<AuthenticationResult> CheckHashAsync(
        Credentials credentials, Secret hash, string candidate, KnownUser? user, CancellationToken cancellationToken)
    {
        var isRight = await _hashing.VerifyAsync(hash, candidate, cancellationToken).ConfigureAwait(false);
        if (isRight is null)
            return AuthenticationResult.Throttled;
        return isRight.Value && user is not null && user.Password == hash ? AuthenticationResult.Accept(user.Identity) : Refuse(credentials);
    }

    private async Task<AuthenticationResult> CheckTokenAsync(Credentials credentials, CancellationToken cancellationToken)
    {
        foreach (var user in _users.WithToken)
        {
            if (user.Token!.IsKnown(credentials.Token!))
                return AuthenticationResult.Accept(user.Identity);
        }
        foreach (var user in _users.WithToken.Where(static user => user.Token!.IsHashed))
        {
            var isRight = await _hashing.VerifyAsync(user.Token!, credentials.Token!, cancellationToken).ConfigureAwait(false);
            if (isRight is null)
                return AuthenticationResult.Throttled;
            if (isRight.Value)
                return AuthenticationResult.Accept(user.Identity);
        }
        return Refuse(credentials);
    }

    private AuthenticationResult Refuse(in Credentials credentials)
    {
        Fail(credentials.User, credentials.Address);
        return AuthenticationResult.Refused;
    }

    /// <summary>Counts a failure, and tells of it with the names of users only that there are: what else is given for a name may be a password.</summary>
    private void Fail(string? user, IPAddress? address)
    {
        if (address is not null)
            _backoff.Fail(address);
        var who = user is not null && _users.Find(user) is not null ? $"user '{user}'" : "nobody who is known";
        LogRefused(_logger, who, address);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Login of {Who} from {Address} was refused")]
    private static partial void LogRefused(ILogger logger, string who, IPAddress? address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "User '{user}' has a plain password or token in the configuration; a bcrypt hash keeps it secret")]
    private static partial void LogPlainSecret(ILogger logger, string user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Listener {Listener} at {Address} is open to everybody who reaches it, who may do everything: there are no auth:users")]
    private static partial void LogOpen(ILogger logger, string listener, IPAddress address);
}
