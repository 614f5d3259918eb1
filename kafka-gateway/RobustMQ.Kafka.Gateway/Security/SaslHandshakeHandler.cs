using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>
/// Agrees on a mechanism. PLAIN is the one that goes with the shared users, whose passwords are kept as hashes: SCRAM needs salted keys of its own for each user, and
/// OAUTHBEARER an issuer of tokens.
/// </summary>
internal sealed class SaslHandshakeHandler : ApiHandler<SaslHandshakeRequest, SaslHandshakeResponse>
{
    public const string Plain = "PLAIN";

    /// <summary>In version 0 the mechanism's messages would follow without a frame of the protocol around them; no client of the last years does that.</summary>
    private const short FramedFrom = 1;

    public override bool IsOpenToAll => true;

    protected override ValueTask<SaslHandshakeResponse> HandleAsync(SaslHandshakeRequest request, RequestContext context)
    {
        var error = context.Version < FramedFrom ? KafkaError.UnsupportedVersion
            : request.Mechanism != Plain ? KafkaError.UnsupportedSaslMechanism
            : KafkaError.None;
        context.Connection.Sasl = error == KafkaError.None ? new SaslExchange(request.Mechanism) : null;
        return new(new SaslHandshakeResponse { Error = error, Mechanisms = [Plain] });
    }
}
