using System.Text;
using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>Tells a requester at once that nobody listens: status 503 to its own subscription on the reply subject.</summary>
internal static class NoResponders
{
    public static void Answer(NatsConnection requester, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> reply)
    {
        if (requester.FindSubscriptionFor(reply) is not { } subscription)
            return;
        byte[] headers = [.. "NATS/1.0 503\r\nNats-Subject: "u8, .. subject, .. "\r\n\r\n"u8];
        var size = Encoding.ASCII.GetBytes($" {headers.Length} {headers.Length}\r\n");
        byte[] message = [.. "HMSG "u8, .. reply, (byte)' ', .. subscription.Sid, .. size, .. headers, .. "\r\n"u8];
        requester.Answer(message);
    }
}
