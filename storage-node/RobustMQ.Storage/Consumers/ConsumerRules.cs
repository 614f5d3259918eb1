using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers;

/// <summary>What a consumer may be asked to be. Answers what is wrong with it, or null.</summary>
internal static class ConsumerRules
{
    private const int LabelBytesMax = 64 << 10;
    private const int BackOffMax = 1024;
    private const int FiltersMax = 1024;

    public static string? Check(ConsumerSpec spec, StorageOptions options)
    {
        if (CheckName(spec.Consumer) is { } wrongName)
            return wrongName;
        if (!Enum.IsDefined(spec.AckPolicy) || !Enum.IsDefined(spec.Members) || !Enum.IsDefined(spec.Start.Policy) || spec.Start.Offset.Value < 0)
            return "an unknown policy or start";
        if (spec.AckDurability is not (Durability.Written or Durability.Durable))
            return "a durability that answers cannot have";
        if (spec.AckWait < TimeSpan.Zero || spec.RecordTtl < TimeSpan.Zero || spec.InactiveExpiry < TimeSpan.Zero || spec.BackOff.Any(static pause => pause < TimeSpan.Zero))
            return "a negative time";
        if (spec.MaxDeliver < 0 || spec.MaxPending < 0 || spec.PausedUntilMs < 0)
            return "a negative limit";
        if (spec.BackOff.Count > BackOffMax)
            return $"more than {BackOffMax} pauses";
        if (spec.Backlog is { } backlog && (backlog.MaxRecords < 0 || backlog.MaxBytes < 0 || !Enum.IsDefined(backlog.Overflow)))
            return "a backlog limit that cannot be";
        if (spec.DeadLetter is { Topic: null, Subject: null } && spec.Bindings.Any(static binding => binding.Topic is null))
            return "dead letters under their own subject would come back to a consumer of every topic";
        if (spec.Labels.Sum(static label => Encoding.UTF8.GetByteCount(label.Key) + Encoding.UTF8.GetByteCount(label.Value)) > LabelBytesMax)
            return "labels are too large";
        return Check(spec.Bindings, options);
    }

    public static string? Check(IReadOnlyList<ConsumerBinding> bindings, StorageOptions options)
    {
        if (bindings.Count > options.ConsumerBindingsMax)
            return $"more than {options.ConsumerBindingsMax} bindings";
        if (bindings.DistinctBy(static binding => binding.Id).Count() != bindings.Count)
            return "two bindings have one id";
        foreach (var binding in bindings)
        {
            if (binding.Topic is null && binding.Filters.Count == 0)
                return $"binding {binding.Id} has neither topic nor filters";
            if (binding.Topic is { Value: null or "" } || binding.Filters.Any(static filter => string.IsNullOrEmpty(filter.Value)) || binding.Filters.Count > FiltersMax)
                return $"binding {binding.Id} has a topic or filters that cannot be";
            if (binding.Start is { } start && (!Enum.IsDefined(start.Policy) || start.Offset.Value < 0))
                return $"binding {binding.Id} has a start that cannot be";
        }
        return null;
    }

    public static string? CheckName(ConsumerRef consumer)
    {
        if (string.IsNullOrEmpty(consumer.Namespace.Value) || string.IsNullOrEmpty(consumer.Name))
            return "a consumer has a name";
        if (Encoding.UTF8.GetByteCount(consumer.Name) > ConsumerRef.NameBytesMax || consumer.Name.Any(char.IsControl))
            return $"a consumer's name has {ConsumerRef.NameBytesMax} bytes at most and no control characters";
        return null;
    }

    public static bool IsValid(ConsumerJoin join) =>
        !string.IsNullOrEmpty(join.Member) && Encoding.UTF8.GetByteCount(join.Member) <= ConsumerRef.NameBytesMax
        && join.MemberEpoch >= 0 && join.ReturnWithin >= TimeSpan.Zero && join.CreditRecords >= 0 && join.CreditBytes >= 0;

    /// <summary>What an update leaves as it was: records that are pending were decided by it.</summary>
    public static string? CheckChange(ConsumerSpec before, ConsumerSpec after, bool hasMembers)
    {
        if (before.Start != after.Start)
            return "the start of a consumer cannot change; reset it";
        if (before.AckPolicy != after.AckPolicy || before.PriorityOrder != after.PriorityOrder)
            return "ack policy and priority order of a consumer cannot change";
        return before.Members != after.Members && hasMembers ? "the member policy cannot change while members are joined" : null;
    }
}
