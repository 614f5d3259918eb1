using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>Decides who a client is from the configured users; the same for every protocol. Any thread.</summary>
public sealed partial class IdentityProvider : IDisposable
{
    private const int NonceBytes = 24;

    private readonly Dictionary<string, KnownUser> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KnownUser> _byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KnownUser> _byCertificate = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<KnownUser> _withToken = [];
    private readonly ScramUsers _scram = new();
    private readonly ILogger _logger;
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
        foreach (var configured in options.Users)
        {
            var user = new KnownUser(configured, options.DefaultPermissions);
            Add(user);
            _scram.Add(configured);
            if (user.Password is { IsHashed: true })
                _decoy = user.Password;
            if (user.Password is { IsHashed: false } || user.Token is { IsHashed: false })
                LogPlainSecret(logger, user.Name);
        }
        IsRequired = options.Users.Count > 0 && options.NoAuthUser is null;
        Anonymous = options.Users.Count == 0 ? UserIdentity.Anybody : options.NoAuthUser is { } name && _byName.TryGetValue(name, out var noAuth) ? noAuth.Identity : null;
    }

    /// <summary>Clients without credentials are turned away.</summary>
    public bool IsRequired { get; }

    /// <summary>Who a client without credentials is; null where it is turned away.</summary>
    public UserIdentity? Anonymous { get; }

    /// <summary>Some are configured: otherwise anybody may do everything.</summary>
    public bool HasUsers => _byName.Count > 0;

    /// <summary>Some user signs in with a public key.</summary>
    public bool HasKeys => _byKey.Count > 0;

    /// <summary>
    /// A name and password decide where there are any, then a token, then the TLS client certificate; without all of them a client is <see cref="Anonymous"/>. Where no
    /// users are configured, credentials are not looked at.
    /// </summary>
    public ValueTask<AuthenticationResult> AuthenticateAsync(Credentials credentials, CancellationToken cancellationToken = default)
    {
        if (_byName.Count == 0)
            return new(AuthenticationResult.Accept(UserIdentity.Anybody));
        if (credentials.Address is { } address && _backoff.MustWait(address))
            return new(AuthenticationResult.Throttled);
        if (credentials.User is { Length: > 0 } || credentials.Password is { Length: > 0 })
            return CheckPasswordAsync(credentials, cancellationToken);
        if (credentials.Token is { Length: > 0 })
            return new(CheckTokenAsync(credentials, cancellationToken));
        if (credentials.Certificate is not null && FindByCertificate(credentials) is { } shown)
            return new(AuthenticationResult.Accept(shown.Identity));
        return new(Anonymous is { } anonymous ? AuthenticationResult.Accept(anonymous) : Refuse(credentials));
    }

    /// <summary>The user with a public key, whose signature the caller has verified.</summary>
    public UserIdentity? FindByKey(string publicKey) => _byKey.TryGetValue(publicKey, out var user) ? user.Identity : null;

    /// <summary>Begins a login by SCRAM; null where the address has to wait. Users have verifiers from plain passwords and configured ones; an unknown user is not told from a wrong password.</summary>
    public ScramLogin? BeginScram(ScramMechanism mechanism, IPAddress? address)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        if (address is not null && _backoff.MustWait(address))
            return null;
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        var server = new ScramServer(mechanism, user => _scram.Find(user, mechanism) ?? _scram.Decoy(user, mechanism), nonce);
        return new ScramLogin(server, user => _byName.TryGetValue(user, out var known) ? known.Identity : null, user => Fail(user, address));
    }

    /// <summary>The configured users; verifiers of plain passwords are computed when first looked at.</summary>
    public IReadOnlyList<UserDescription> Users =>
    [
        .. _byName.Values.Select(user => new UserDescription(
            user.Identity, user.Permissions, [.. ScramMechanism.All.Select(mechanism => _scram.Find(user.Name, mechanism)).OfType<ScramVerifier>()]))
    ];

    /// <summary>Tells the operator of a listener that others than this machine reach, where nobody is asked who he is.</summary>
    public void WarnIfOpen(string listener, IPAddress address)
    {
        if (!HasUsers && !IPAddress.IsLoopback(address))
            LogOpen(_logger, listener, address);
    }

    public void Dispose() => _hashing.Dispose();

    private void Add(KnownUser user)
    {
        _byName.TryAdd(user.Name, user);
        if (user.Key is not null)
            _byKey.TryAdd(user.Key, user);
        if (user.Token is not null)
            _withToken.Add(user);
        foreach (var certificate in user.Certificates)
            _byCertificate.TryAdd(CertificateNames.Normalize(certificate), user);
    }

    private ValueTask<AuthenticationResult> CheckPasswordAsync(in Credentials credentials, CancellationToken cancellationToken)
    {
        var password = credentials.Password ?? string.Empty;
        _byName.TryGetValue(credentials.User ?? string.Empty, out var user);
        if (user?.Password is { } known && known.IsKnown(password))
            return new(AuthenticationResult.Accept(user.Identity));
        // A plain secret that differs is wrong; a name that is unknown costs what a known one does.
        var hash = user?.Password is { IsHashed: true } hashed ? hashed : _decoy;
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
        foreach (var user in _withToken)
        {
            if (user.Token!.IsKnown(credentials.Token!))
                return AuthenticationResult.Accept(user.Identity);
        }
        foreach (var user in _withToken.Where(static user => user.Token!.IsHashed))
        {
            var isRight = await _hashing.VerifyAsync(user.Token!, credentials.Token!, cancellationToken).ConfigureAwait(false);
            if (isRight is null)
                return AuthenticationResult.Throttled;
            if (isRight.Value)
                return AuthenticationResult.Accept(user.Identity);
        }
        return Refuse(credentials);
    }

    private KnownUser? FindByCertificate(in Credentials credentials)
    {
        foreach (var name in CertificateNames.Of(credentials.Certificate!))
        {
            if (_byCertificate.TryGetValue(name, out var user))
                return user;
        }
        return null;
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
        var who = user is not null && _byName.ContainsKey(user) ? $"user '{user}'" : "nobody who is known";
        LogRefused(_logger, who, address);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Login of {Who} from {Address} was refused")]
    private static partial void LogRefused(ILogger logger, string who, IPAddress? address);

    [LoggerMessage(Level = LogLevel.Warning, Message = "User '{user}' has a plain password or token in the configuration; a bcrypt hash keeps it secret")]
    private static partial void LogPlainSecret(ILogger logger, string user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Listener {Listener} at {Address} is open to everybody who reaches it, who may do everything: there are no auth:users")]
    private static partial void LogOpen(ILogger logger, string listener, IPAddress address);
}
