using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Services;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>A request as its command sees it.</summary>
/// <param name="argument">What follows the verb in the subject; empty for verbs without one.</param>
internal sealed class Mq9Call(ServiceRequest request, string argument, Mq9Answer answer)
{
    public Namespace Namespace => request.Account.Namespace;

    public NatsConnection Client => request.Connection;

    public string Argument { get; } = argument;

    /// <summary>NATS header block; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Headers => request.Headers;

    public ReadOnlyMemory<byte> Payload => request.Payload;

    /// <summary>Nobody waits for the answer any more.</summary>
    public CancellationToken ClientGone => request.ClientGone;

    /// <summary>As <see cref="ServiceRequest.IsAlone"/>.</summary>
    public bool IsAlone => request.IsAlone;

    public Mq9Answer Answer { get; } = answer;
}
