using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Authentication;

/// <summary>No users are configured: everybody is let in, into the default namespace.</summary>
internal sealed class OpenAuthenticator(AccountRegistry accounts) : IAuthenticator
{
    private readonly ClientIdentity _anyone = new() { Account = accounts.Of(Namespace.Default) };

    public bool IsRequired => false;

    public bool UsesNonce => false;

    public ClientIdentity? Anonymous => _anyone;

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(AuthenticationRequest request) => new(new AuthenticationOutcome(_anyone));
}
