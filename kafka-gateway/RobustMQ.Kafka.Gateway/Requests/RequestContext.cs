using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Kafka.Protocol.Frames;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Requests;

/// <summary>One request: from whom, and in which version.</summary>
/// <param name="Aborted">The client is gone, or the gateway stops: nobody waits for the answer.</param>
internal sealed record RequestContext(KafkaConnection Connection, RequestHeader Header, int FrameBytes, CancellationToken Aborted)
{
    /// <summary>How long the client is not to be read from; set before the handler waits for anything.</summary>
    public TimeSpan Throttle { get; set; }

    /// <summary>
    /// Of a pipelined request that has its place before those behind it only when this completes; set before the handler waits for anything. The next request of the connection is served then.
    /// </summary>
    public Task Begun { get; set; } = Task.CompletedTask;

    /// <summary>The connection ends when this is answered.</summary>
    public bool EndsConnection { get; set; }

    public short Version => Header.ApiVersion;

    public string ClientId => Header.ClientId ?? string.Empty;

    public UserIdentity Identity => Connection.Identity!;

    public Namespace Namespace => Identity.Namespace;
}
