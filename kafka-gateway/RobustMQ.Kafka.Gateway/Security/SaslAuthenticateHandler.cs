using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Carries the messages of a login. A refused login ends the connection; which part of it was wrong is not told.</summary>
internal sealed class SaslAuthenticateHandler(ConnectionRegistry connections) : ApiHandler<SaslAuthenticateRequest, SaslAuthenticateResponse>
{
    public override bool IsOpenToAll => true;

    protected override async ValueTask<SaslAuthenticateResponse> HandleAsync(SaslAuthenticateRequest request, RequestContext context)
    {
        var connection = context.Connection;
        if (connection.Sasl is not { } exchange)
            return Refuse(context, KafkaError.IllegalSaslState, "a handshake comes first");
        var step = await exchange.NextAsync(request.Message, connection, context.Aborted).ConfigureAwait(false);
        if (step is { Identity: null, Refusal: null })
            return new SaslAuthenticateResponse { Message = step.Answer };
        connection.Sasl = null;
        // Who changes its name on a connection would keep what was decided for the one it was.
        if (step.Identity is not { } identity || (connection.HasLoggedIn && connection.Identity!.Name != identity.Name))
            return Refuse(context, KafkaError.SaslAuthenticationFailed, step.Refusal ?? "another user than before");
        connection.Identity = identity;
        connection.HasLoggedIn = true;
        return new SaslAuthenticateResponse { Message = step.Answer };
    }

    private SaslAuthenticateResponse Refuse(RequestContext context, KafkaError error, string message)
    {
        connections.CountRefusedLogin();
        context.EndsConnection = true;
        return new SaslAuthenticateResponse { Error = error, ErrorMessage = message };
    }
}
