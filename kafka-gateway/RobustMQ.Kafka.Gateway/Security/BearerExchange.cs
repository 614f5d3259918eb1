using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Connections;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>OAUTHBEARER with the tokens of configured users (<c>auth:users:token</c>). Nothing is asked of an issuer, and a token's inside is not looked at.</summary>
internal sealed class BearerExchange(IdentityProvider users) : SaslExchange
{
    public const string Name = "OAUTHBEARER";

    public override async ValueTask<SaslStep> NextAsync(ReadOnlyMemory<byte> message, KafkaConnection connection, CancellationToken cancellationToken)
    {
        if (!BearerMessage.TryParse(message.Span, out var bearer))
            return SaslStep.Refuse("no OAUTHBEARER message");
        var result = await users.AuthenticateAsync(new Credentials { Token = bearer.Token, Address = connection.RemoteAddress }, cancellationToken).ConfigureAwait(false);
        return result.Identity is { } identity && (bearer.AuthorizationId.Length == 0 || bearer.AuthorizationId == identity.Name)
            ? SaslStep.Accept(identity)
            : SaslStep.Refuse("unknown token, or one user acting as another");
    }
}
