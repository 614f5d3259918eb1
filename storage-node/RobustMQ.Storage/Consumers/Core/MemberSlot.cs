using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>A place that records are handed to: a joined member, or one fetch.</summary>
internal sealed class MemberSlot(int id, string name, long epoch)
{
    /// <summary>Slot of records that belong to no member.</summary>
    public const int Nobody = -1;

    public int Id { get; } = id;

    public string Name { get; } = name;

    public long Epoch { get; } = epoch;

    public int Priority { get; init; }

    public bool IsExclusive { get; init; }

    /// <summary>How long a lost one keeps its place. 0: not at all.</summary>
    public long ReturnWithinMs { get; init; }

    public bool LimitsBytes { get; init; }

    /// <summary>A fetch: it is over when it has something, or when its time is.</summary>
    public bool IsFetch { get; init; }

    /// <summary>Of a fetch: whose the records become; <see cref="Nobody"/> without a member.</summary>
    public int Owner { get; init; } = Nobody;

    /// <summary>Of a fetch: replaces the consumer's ack wait; -1: does not.</summary>
    public long AckWaitMs { get; init; } = -1;

    /// <summary>Of a fetch: Unix ms at which it ends with nothing.</summary>
    public long EndsMs { get; init; }

    public int CreditRecords { get; set; }

    public long CreditBytes { get; set; }

    /// <summary>May get records: not while another one is the single active member, not while it is lost.</summary>
    public bool IsActive { get; set; }

    /// <summary>Unix ms until which a lost member's place is kept; 0: it is here.</summary>
    public long LostUntilMs { get; set; }

    /// <summary>A lost one that was active: it is again when it returns, and nobody else is until then.</summary>
    public bool KeepsTurn { get; set; }

    public int Pending { get; set; }

    /// <summary>Of a fetch: records were handed out since it began. One that nobody has looked at is not told that there is nothing.</summary>
    public bool WasOffered { get; set; }

    /// <summary>A fetch that is over because of who joined or left while it waited.</summary>
    public bool IsShutOut { get; set; }

    /// <summary>
    /// Records that it had on an earlier connection: they are its own and come first. Entries that do not hold any more are left out when they are met. Null: none.
    /// </summary>
    public PriorityQueue<RecordKey, (int Lane, int Log, long Offset)>? Own { get; set; }

    /// <summary>Records that a fetch has got.</summary>
    public int Got { get; set; }

    public static MemberSlot Of(ConsumerJoin join, int id) =>
        new(id, join.Member, join.MemberEpoch)
        {
            Priority = join.Priority,
            IsExclusive = join.IsExclusive,
            ReturnWithinMs = (long)join.ReturnWithin.TotalMilliseconds,
            LimitsBytes = join.CreditBytes > 0,
            CreditRecords = join.CreditRecords,
            CreditBytes = join.CreditBytes,
        };

    public static MemberSlot Of(FetchRequest fetch, int id, int owner, long nowMs) =>
        new(id, string.Empty, 0)
        {
            IsFetch = true,
            Owner = owner,
            AckWaitMs = fetch.AckWait is { } wait ? (long)wait.TotalMilliseconds : -1,
            EndsMs = nowMs + (long)fetch.MaxWait.TotalMilliseconds,
            LimitsBytes = true,
            CreditRecords = fetch.MaxRecords,
            CreditBytes = fetch.MaxBytes,
            IsActive = true,
        };

    public void AddCredit(int records, long bytes)
    {
        CreditRecords = (int)Math.Clamp((long)CreditRecords + records, 0, int.MaxValue);
        CreditBytes = bytes > long.MaxValue - Math.Max(CreditBytes, 0) ? long.MaxValue : CreditBytes + bytes;
    }

    public void TakeCredit(int bytes)
    {
        CreditRecords--;
        CreditBytes -= bytes;
        Got++;
    }

    public bool HasCredit => IsActive && CreditRecords > 0 && (!LimitsBytes || CreditBytes > 0);
}
