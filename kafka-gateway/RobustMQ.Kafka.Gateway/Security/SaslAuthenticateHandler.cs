using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Checks a user's password. A refused login ends the connection; which part of it was wrong is not told.</summary>
internal sealed class SaslAuthenticateHandler(IdentityProvider users, ConnectionRegistry connections) : ApiHandler<SaslAuthenticateRequest, SaslAuthenticateResponse>
{
    public override bool IsOpenToAll => true;

    protected override async ValueTask<SaslAuthenticateResponse> HandleAsync(SaslAuthenticateRequest request, RequestContext context)
    {
        var connection = context.Connection;
        if (connection.Sasl is null)
            return Refuse(context, KafkaError.IllegalSaslState, "a handshake comes first");
        connection.Sasl = null;
        if (!PlainMessage.TryParse(request.Message.Span, out var message) || (message.AuthorizationId.Length > 0 && message.AuthorizationId != message.User))
            return Refuse(context, KafkaError.SaslAuthenticationFailed, "no PLAIN message, or one user acting as another");
        var credentials = new Credentials { User = message.User, Password = message.Password, Certificate = connection.Certificate, Address = connection.RemoteAddress };
        var result = await users.AuthenticateAsync(credentials, context.Aborted).ConfigureAwait(false);
        // Who changes its name on a connection would keep what was decided for the one it was.
        if (result.Identity is not { } identity || (connection.HasLoggedIn && connection.Identity!.Name != identity.Name))
            return Refuse(context, KafkaError.SaslAuthenticationFailed, "unknown user or wrong password");
        connection.Identity = identity;
        connection.HasLoggedIn = true;
        return new SaslAuthenticateResponse();
    }

    private SaslAuthenticateResponse Refuse(RequestContext context, KafkaError error, string message)
    {
        connections.CountRefusedLogin();
        context.EndsConnection = true;
        return new SaslAuthenticateResponse { Error = error, ErrorMessage = message };
    }
}
