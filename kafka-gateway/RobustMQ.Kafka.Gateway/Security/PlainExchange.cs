using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Connections;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>PLAIN: name and password in one message.</summary>
internal sealed class PlainExchange(IdentityProvider users) : SaslExchange
{
    public const string Name = "PLAIN";

    public override async ValueTask<SaslStep> NextAsync(ReadOnlyMemory<byte> message, KafkaConnection connection, CancellationToken cancellationToken)
    {
        if (!PlainMessage.TryParse(message.Span, out var plain) || (plain.AuthorizationId.Length > 0 && plain.AuthorizationId != plain.User))
            return SaslStep.Refuse("no PLAIN message, or one user acting as another");
        var credentials = new Credentials { User = plain.User, Password = plain.Password, Certificate = connection.Certificate, Address = connection.RemoteAddress };
        var result = await users.AuthenticateAsync(credentials, cancellationToken).ConfigureAwait(false);
        return result.Identity is { } identity ? SaslStep.Accept(identity) : SaslStep.Refuse("unknown user or wrong password");
    }
}
