using System.Net;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Nats.Gateway.Authentication.Nkeys;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Authentication;

/// <summary>The users of the configuration, and those made at run time: by name and password, token, TLS client certificate, or a key that signs the nonce. Without users, anybody.</summary>
internal sealed class UserAuthenticator(IdentityProvider users, AccountRegistry accounts, TimeProvider time) : IAuthenticator
{
    public bool IsRequired => users.IsRequired;

    public bool UsesNonce => users.HasKeys;

    public Task Ready => users.WaitUntilKnownAsync().AsTask();

    public ClientIdentity? CreateAnonymous() => users.Anonymous is { } anonymous ? Create(anonymous, accounts, time) : null;

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(AuthenticationRequest request) =>
        request.Connect.Nkey is { Length: > 0 } ? new(CheckKey(request)) : CheckSecretAsync(request);

    public ClientIdentity? Renew(ClientIdentity identity) => OpenSessions.Judge(users, identity.User!, out var current) switch
    {
        SessionStanding.Unchanged => identity,
        SessionStanding.MayDoMore or SessionStanding.MayDoLess => identity with { User = current, Permissions = current.Permissions },
        _ => null,
    };

    private AuthenticationOutcome CheckKey(AuthenticationRequest request)
    {
        var text = request.Connect.Nkey!;
        if (users.FindByKey(text) is not { } user || !Nkey.TryParse(text, out var key))
            return AuthenticationOutcome.Refused;
        return NonceSignature.IsValid(key, request.Connection.Nonce, request.Connect.Signature)
            ? new AuthenticationOutcome(Create(user, accounts, time))
            : AuthenticationOutcome.Refused;
    }

    private async ValueTask<AuthenticationOutcome> CheckSecretAsync(AuthenticationRequest request)
    {
        var result = await users.AuthenticateAsync(CredentialsOf(request)).ConfigureAwait(false);
        return result.Identity is { } identity ? new AuthenticationOutcome(Create(identity, accounts, time)) : AuthenticationOutcome.Refused;
    }

    private static Credentials CredentialsOf(AuthenticationRequest request) => new()
    {
        User = request.Connect.User,
        Password = request.Connect.Password,
        Token = request.Connect.Token,
        Certificate = request.Connection.ClientCertificate,
        Address = (request.Connection.RemoteEndPoint as IPEndPoint)?.Address,
    };

    private static ClientIdentity Create(UserIdentity user, AccountRegistry accounts, TimeProvider time) => new()
    {
        Account = accounts.Of(user.Namespace),
        User = user,
        UserName = user.Name.Length == 0 ? null : user.Name,
        Permissions = user.Permissions,
        Replies = user.Responses is { } responses ? new ReplyPermissions(responses.MessagesMax, responses.Expires, time) : null,
    };
}
