using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Agrees on a mechanism.</summary>
internal sealed class SaslHandshakeHandler(SaslMechanisms mechanisms) : ApiHandler<SaslHandshakeRequest, SaslHandshakeResponse>
{
    /// <summary>In version 0 the mechanism's messages would follow without a frame of the protocol around them; no client of the last years does that.</summary>
    private const short FramedFrom = 1;

    public override bool IsOpenToAll => true;

    protected override ValueTask<SaslHandshakeResponse> HandleAsync(SaslHandshakeRequest request, RequestContext context)
    {
        context.Connection.Sasl = context.Version >= FramedFrom ? mechanisms.Begin(request.Mechanism) : null;
        var error = context.Version < FramedFrom ? KafkaError.UnsupportedVersion
            : context.Connection.Sasl is null ? KafkaError.UnsupportedSaslMechanism
            : KafkaError.None;
        return new(new SaslHandshakeResponse { Error = error, Mechanisms = SaslMechanisms.Names });
    }
}
