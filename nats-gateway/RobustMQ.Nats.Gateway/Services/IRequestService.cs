using RobustMQ.Nats.Gateway.Subscriptions;

namespace RobustMQ.Nats.Gateway.Services;

/// <summary>
/// A part of the gateway that owns the subjects behind a prefix and answers what is published there. Such a publish reaches the service and nobody else: no subscriber, no other gateway.
/// So a request is executed once, by the gateway that its client is connected to, however many gateways there are.
/// </summary>
internal interface IRequestService
{
    /// <summary>Ends with a dot: the service owns every subject that begins with it, malformed ones included.</summary>
    ReadOnlyMemory<byte> Prefix { get; }

    /// <summary>
    /// Answers one request, however bad it is. Begins on the connection's reading thread, in the order of arrival: what is done before the first wait keeps the order of one client's
    /// requests. The request's bytes are the service's until the task ends.
    /// </summary>
    ValueTask ServeAsync(ServiceRequest request);

    /// <summary>A client subscribed to something behind the prefix. The service delivers to it what it likes, until <see cref="NatsSubscription.Removed"/> is called.</summary>
    void OnSubscribed(NatsSubscription subscription);
}
