using System.Net;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Nats.Gateway.Authentication.Nkeys;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>Decentralised mode: users show a token that an account signed, and prove with the nonce that it is theirs.</summary>
internal sealed partial class JwtAuthenticator : IAuthenticator
{
    private readonly TrustedAccounts _trusted;
    private readonly AccountRegistry _accounts;
    private readonly TimeProvider _time;
    private readonly ILogger<JwtAuthenticator> _logger;

    public JwtAuthenticator(TrustedAccounts trusted, AccountRegistry accounts, TimeProvider time, ILogger<JwtAuthenticator> logger)
    {
        _trusted = trusted;
        _accounts = accounts;
        _time = time;
        _logger = logger;
        foreach (var account in trusted.All)
        {
            foreach (var claim in account.Unserved)
                LogUnserved(logger, account.PublicKey, claim);
        }
    }

    public bool IsRequired => true;

    public bool UsesNonce => true;

    public Task Ready => Task.CompletedTask;

    public ClientIdentity? CreateAnonymous() => null;

    public ClientIdentity? Renew(ClientIdentity identity) => identity;

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(AuthenticationRequest request)
    {
        try
        {
            var problem = TryAuthenticate(request, out var identity);
            if (problem is null)
                return new(new AuthenticationOutcome(identity));
            LogRefused(_logger, request.Connection.Id, problem);
        }
        catch (FormatException error)
        {
            LogRefused(_logger, request.Connection.Id, error.Message);
        }
        return new(AuthenticationOutcome.Refused);
    }

    /// <returns>Why not; null where the user is let in.</returns>
    private string? TryAuthenticate(AuthenticationRequest request, out ClientIdentity? identity)
    {
        identity = null;
        var now = _time.GetUtcNow();
        if (!SignedClaims.TryParse(request.Connect.Jwt, "user", NkeyKind.User, out var user))
            return "no valid user JWT";
        if (!user.IsValidAt(now))
            return "user JWT has expired or is not valid yet";
        if (!_trusted.TryGet(user.Nats.Text("issuer_account") ?? user.Issuer.Text, out var account))
            return "unknown account";
        if (!account.IsValidAt(now))
            return "account JWT has expired or is not valid yet";
        if (!account.HasIssuer(user.Issuer.Text, out var scope))
            return "the user's issuer is no key of its account";
        var limits = LimitsOf(user, account, scope);
        if (limits is null)
            return "a user of a scoped key has permissions of its own";
        if (limits.IsBearer && account.RefusesBearers)
            return "the account takes no bearer tokens";
        if (!limits.IsBearer && !NonceSignature.IsValid(user.Subject, request.Connection.Nonce, request.Connect.Signature))
            return "the nonce's signature is missing or wrong";
        if (account.HasRevoked(user.Subject.Text, user.IssuedAt))
            return "the user was revoked";
        if (!AllowsConnection(limits, request.Connection))
            return "connection type or address not allowed";
        if (!limits.Times.Allow(now, out var until))
            return "outside the times of the user";
        identity = Create(user, account, limits, until);
        return null;
    }

    private static UserLimits? LimitsOf(SignedClaims user, TrustedAccount account, UserLimits? scope)
    {
        var own = UserLimits.Read(user.Nats);
        if (scope is null)
            return own;
        return own.IsEmpty ? scope with { Permissions = new PermissionTemplate(user, account).Fill(scope.Permissions) } : null;
    }

    private static bool AllowsConnection(UserLimits limits, NatsConnection connection)
    {
        if (limits.ConnectionTypes.Count > 0 && !limits.ConnectionTypes.Contains(connection.IsWebSocket ? "WEBSOCKET" : "STANDARD"))
            return false;
        if (limits.Sources.Count == 0)
            return true;
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address })
            return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return limits.Sources.Any(source => IPNetwork.TryParse(source, out var network) && network.Contains(plain));
    }

    private ClientIdentity Create(SignedClaims user, TrustedAccount account, UserLimits limits, DateTimeOffset? until)
    {
        var options = PermissionClaims.AreEmpty(limits.Permissions) ? account.DefaultPermissions : limits.Permissions;
        return new ClientIdentity
        {
            Account = _accounts.Of(Namespace.Parse(account.PublicKey)),
            UserName = user.Subject.Text,
            Permissions = PermissionClaims.AreEmpty(options) ? null : new Permissions(options),
            Replies = options.Responses is { } responses ? new ReplyPermissions(responses.MessagesMax, responses.Expires, _time) : null,
            ExpiresAt = new[] { user.ExpiresAt, account.ExpiresAt, until }.Min(),
            SubscriptionsMax = Lower(limits.SubscriptionsMax, account.SubscriptionsMax),
            PayloadBytesMax = Lower(limits.PayloadBytesMax, account.PayloadBytesMax),
            ConnectionsMax = Lower(account.ConnectionsMax, -1),
        };
    }

    /// <returns>The lower of two limits, of which -1 is none; null: no limit.</returns>
    private static int? Lower(long one, long other)
    {
        if (one < 0)
            (one, other) = (other, one);
        return one < 0 ? null : (int)Math.Min(int.MaxValue, other < 0 ? one : Math.Min(one, other));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connection {Id} was refused: {Problem}")]
    private static partial void LogRefused(ILogger logger, ulong id, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Account {Account} has {Claim}, which this gateway does not serve")]
    private static partial void LogUnserved(ILogger logger, string account, string claim);
}
