using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>Tells a requester at once that nobody listens: status 503 to its own subscription on the reply subject.</summary>
internal static class NoResponders
{
    public static void Answer(NatsConnection requester, ReadOnlySpan<byte> reply)
    {
        if (requester.FindSubscriptionFor(reply) is not { } subscription)
            return;
        byte[] message = [.. "HMSG "u8, .. reply, (byte)' ', .. subscription.Sid, .. " 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"u8];
        requester.Answer(message);
    }
}
