using RobustMQ.Nats.Gateway.Mq9.Json;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>What a FETCH asks for.</summary>
internal sealed record FetchOptions
{
    /// <summary>SDKs give up after 5 s; whoever asks for more has set that higher.</summary>
    private const int WaitMsMax = 60_000;

    private const int MessagesMax = 10_000;

    private const int LeaseMsMax = 3_600_000;

    /// <summary>Null: stateless. Empty: the mailbox's default group.</summary>
    public required string? Group { get; init; }

    public required DeliverPolicy Deliver { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long FromTime { get; init; }

    public required long FromId { get; init; }

    public required bool ForceDeliver { get; init; }

    public required int Count { get; init; }

    public required TimeSpan MaxWait { get; init; }

    /// <summary>What this FETCH gets is not given to another fetcher of the group for so long. Null: no lease.</summary>
    public required TimeSpan? Lease { get; init; }

    /// <param name="mistake">In words; null where there is none.</param>
    public static FetchOptions Parse(ReadOnlyMemory<byte> payload, out string? mistake)
    {
        using var fields = JsonFields.Parse(payload, mayBeEmpty: true);
        var group = fields.Text("group_name", MailboxNames.GroupBytesMax);
        var deliver = fields.Text("deliver", 64);
        var fromTime = fields.Number("from_time", 0, 253_402_300_799);
        var fromId = fields.Number("from_id", 0, long.MaxValue);
        var force = fields.Flag("force_deliver");
        var config = fields.Nested("config");
        var count = config.Number("num_msgs", 1, MessagesMax) ?? 100;
        var wait = config.Number("max_wait_ms", 0, WaitMsMax) ?? 500;
        var lease = config.Number("lease_ms", 0, LeaseMsMax) ?? 0;
        config.End();
        fields.End();
        mistake = fields.Mistake;
        var policy = ParsePolicy(deliver, fromTime, fromId, ref mistake);
        mistake ??= group is null ? null : MailboxNames.FindGroupMistake(group);
        if (group is null && lease > 0)
            mistake ??= "config.lease_ms needs a group_name";
        return new FetchOptions
        {
            Group = group,
            Deliver = policy,
            FromTime = fromTime ?? 0,
            FromId = fromId ?? 0,
            ForceDeliver = force,
            Count = (int)count,
            MaxWait = TimeSpan.FromMilliseconds(wait),
            Lease = lease == 0 ? null : TimeSpan.FromMilliseconds(lease),
        };
    }

    private static DeliverPolicy ParsePolicy(string? text, long? fromTime, long? fromId, ref string? mistake)
    {
        switch (text)
        {
            case null or "latest":
                return DeliverPolicy.Latest;
            case "earliest":
                return DeliverPolicy.Earliest;
            case "from_time":
                mistake ??= fromTime is null ? "from_time is missing" : null;
                return DeliverPolicy.FromTime;
            case "from_id":
                mistake ??= fromId is null ? "from_id is missing" : null;
                return DeliverPolicy.FromId;
            default:
                mistake ??= "deliver must be latest, earliest, from_time or from_id";
                return DeliverPolicy.Latest;
        }
    }
}
