using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Kafka.Gateway.Connections;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>SCRAM-SHA-256 and SCRAM-SHA-512: neither side shows the other the password.</summary>
internal sealed class ScramExchange(IdentityProvider users, ScramMechanism mechanism) : SaslExchange
{
    private ScramLogin? _login;

    public override async ValueTask<SaslStep> NextAsync(ReadOnlyMemory<byte> message, KafkaConnection connection, CancellationToken cancellationToken)
    {
        await users.WaitUntilKnownAsync(cancellationToken).ConfigureAwait(false);
        _login ??= users.BeginScram(mechanism, connection.RemoteAddress);
        if (_login?.Next(message.Span) is not { } answer)
            return SaslStep.Refuse("unknown user or wrong password");
        return _login.Identity is { } identity ? SaslStep.Accept(identity, answer) : SaslStep.GoOn(answer);
    }
}
