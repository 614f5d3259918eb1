using System.Text;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Subscriptions;

/// <summary>One SUB of one connection.</summary>
internal sealed class NatsSubscription
{
    private MatchResult? _aloneResult;

    public NatsSubscription(NatsConnection connection, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue, ReadOnlySpan<byte> sid)
    {
        Connection = connection;
        Subject = subject.ToArray();
        Queue = queue.IsEmpty ? null : Encoding.UTF8.GetString(queue);
        Sid = sid.ToArray();
    }

    public NatsConnection Connection { get; }

    /// <summary>As the client wrote it, wildcards included.</summary>
    public byte[] Subject { get; }

    public byte[] Sid { get; }

    /// <summary>Null: not a member of a queue group.</summary>
    public string? Queue { get; }

    /// <summary>What peers are told; absent where the subject is no valid filter to anybody else (not UTF-8).</summary>
    public SubjectFilter? Filter { get; init; }

    /// <summary>Some subjects under the filter are denied to this connection: each delivery is checked.</summary>
    public bool ChecksDeliveries { get; set; }

    /// <summary>Messages after which the subscription ends; 0: never. Guarded by the connection's outbound lock.</summary>
    public long DeliverMax { get; set; }

    /// <summary>Guarded by the connection's outbound lock.</summary>
    public long Delivered { get; set; }

    /// <summary>Set once it is out of the account's interest.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>For a service that delivers to it: told once, when it is out of the account's interest.</summary>
    public Action? Removed { get; set; }

    /// <summary>The match that is this subscription alone: by far the most frequent one (inboxes), so it is made once.</summary>
    public MatchResult AloneResult => _aloneResult ??= new MatchResult([this], [], false);
}
