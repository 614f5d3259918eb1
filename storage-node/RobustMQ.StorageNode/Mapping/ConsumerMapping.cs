using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>Consumers to messages and back. What callers send is checked: a <see cref="FormatException"/> ends as INVALID_ARGUMENT.</summary>
internal static class ConsumerMapping
{
    public static ConsumerRef ToRef(Proto.ConsumerRef? message) => message is null
        ? throw new FormatException("the consumer is missing")
        : new ConsumerRef(Names.ToNamespace(message.Namespace), message.Name);

    public static ConsumerSpec FromMessage(Proto.ConsumerSpec? message) => message is null ? throw new FormatException("the spec is missing") : new ConsumerSpec
    {
        Consumer = ToRef(message.Consumer),
        Bindings = [.. message.Bindings.Select(FromMessage)],
        AckPolicy = (AckPolicy)message.AckPolicy,
        AckWait = ToTime(message.AckWaitMs),
        BackOff = [.. message.BackOffMs.Select(ToTime)],
        MaxDeliver = message.MaxDeliver,
        DeadLetter = message.DeadLetter is not { } dead ? null : new DeadLetterPolicy
        {
            Topic = dead.Topic.Length == 0 ? null : TopicName.Parse(dead.Topic),
            Subject = dead.Subject.Length == 0 ? null : Subject.Parse(dead.Subject),
        },
        MaxPending = message.MaxPending,
        Start = message.Start is { } start ? FromMessage(start) : default,
        PriorityOrder = message.PriorityOrder,
        Members = (MemberPolicy)message.Members,
        StoreDeliveries = message.StoreDeliveries,
        AckDurability = message.AckDurability == Proto.Durability.TopicDefault ? Durability.Durable : (Durability)message.AckDurability,
        Backlog = message.Backlog is not { } backlog ? null : new BacklogLimit
        {
            MaxRecords = backlog.MaxRecords,
            MaxBytes = backlog.MaxBytes,
            Overflow = (BacklogOverflow)backlog.Overflow,
        },
        RecordTtl = ToTime(message.RecordTtlMs),
        InactiveExpiry = ToTime(message.InactiveExpiryMs),
        PausedUntilMs = message.PausedUntilMs,
        DeleteWithTopics = message.DeleteWithTopics,
        Labels = new Dictionary<string, string>(message.Labels),
    };

    public static ConsumerBinding FromMessage(Proto.ConsumerBinding message) => new()
    {
        Id = message.Id,
        Topic = message.Topic.Length == 0 ? null : TopicName.Parse(message.Topic),
        Filters = Names.ToFilters(message.Filters),
        Start = message.Start is { } start ? FromMessage(start) : null,
    };

    public static ConsumerStart FromMessage(Proto.ConsumerStart? message) =>
        message is null ? default : new ConsumerStart((StartPolicy)message.Policy, new Offset(message.Offset), message.TimeMs);

    public static ConsumerJoin FromMessage(Proto.MemberRequest.Types.Join message) => new()
    {
        Consumer = ToRef(message.Consumer),
        Member = message.Member,
        MemberEpoch = message.MemberEpoch,
        Priority = message.Priority,
        IsExclusive = message.Exclusive,
        ReturnWithin = ToTime(message.ReturnWithinMs),
        CreditBytes = message.LimitBytes ? 1 : 0,
    };

    public static FetchRequest FromMessage(Proto.FetchRequest message) => new()
    {
        Consumer = ToRef(message.Consumer),
        MaxRecords = message.MaxRecords,
        MaxBytes = message.MaxBytes,
        MaxWait = ToTime(message.MaxWaitMs),
        AckWait = message.AckWaitMs < 0 ? null : ToTime(message.AckWaitMs),
    };

    public static void AddAnswers(Proto.Answers message, List<Acknowledgement> answers)
    {
        var log = Names.ToLog(message.Log);
        if (message.DeliveryCounts.Count != 0 && message.DeliveryCounts.Count != message.Offsets.Count)
            throw new FormatException("as many delivery counts as offsets, or none");
        if (message.Notes.Count != 0 && message.Notes.Count != message.Offsets.Count)
            throw new FormatException("as many notes as offsets, or none");
        if (message.Kind is < 0 or > Proto.Answers.Types.Kind.Release)
            throw new FormatException("unknown kind of answer");
        for (var i = 0; i < message.Offsets.Count; i++)
        {
            var count = message.DeliveryCounts.Count == 0 ? 0 : message.DeliveryCounts[i];
            answers.Add(new Acknowledgement(new DeliveryId(log, new Offset(message.Offsets[i]), count), (AckKind)message.Kind)
            {
                Delay = message.Kind == Proto.Answers.Types.Kind.Return && message.DelayMs >= 0 ? ToTime(message.DelayMs) : null,
                Note = message.Notes.Count == 0 ? 0 : message.Notes[i],
            });
        }
    }

    public static Proto.ConsumerReply ToReply(in ConsumerResult result) =>
        new() { Error = Errors.ToMessage(result.Error, result.Message), Consumer = result.State is { } state ? ToMessage(state) : null };

    public static Proto.RemovalReply ToReply(in ConsumerRemoval removal) => new() { Error = Errors.ToMessage(removal.Error), Records = removal.Records };

    public static Proto.ConsumerState ToMessage(ConsumerState state)
    {
        var message = new Proto.ConsumerState
        {
            Spec = ToMessage(state.Spec),
            Revision = state.Revision,
            CreatedMs = state.CreatedMs,
            Waiting = state.Waiting,
            WaitingBytes = state.WaitingBytes,
            Pending = state.Pending,
            LastSequence = state.LastSequence,
            Delivered = state.Delivered,
            Redelivered = state.Redelivered,
            Acknowledged = state.Acknowledged,
            Dead = state.Dead,
        };
        foreach (var (log, position, ackFloor) in state.Positions)
            message.Positions.Add(new Proto.ConsumerState.Types.Position { Log = Names.ToMessage(log), Position_ = position.Value, AckFloor = ackFloor.Value });
        foreach (var member in state.Members)
        {
            message.Members.Add(new Proto.ConsumerState.Types.Member
            {
                Member_ = member.Member,
                Epoch = member.Epoch,
                Priority = member.Priority,
                Active = member.IsActive,
                CreditRecords = member.CreditRecords,
                Pending = member.Pending,
            });
        }
        return message;
    }

    private static Proto.ConsumerSpec ToMessage(ConsumerSpec spec)
    {
        var message = new Proto.ConsumerSpec
        {
            Consumer = ToMessage(spec.Consumer),
            AckPolicy = (Proto.AckPolicy)spec.AckPolicy,
            AckWaitMs = ToMs(spec.AckWait),
            MaxDeliver = spec.MaxDeliver,
            MaxPending = spec.MaxPending,
            Start = ToMessage(spec.Start),
            PriorityOrder = spec.PriorityOrder,
            Members = (Proto.MemberPolicy)spec.Members,
            StoreDeliveries = spec.StoreDeliveries,
            AckDurability = (Proto.Durability)spec.AckDurability,
            RecordTtlMs = ToMs(spec.RecordTtl),
            InactiveExpiryMs = ToMs(spec.InactiveExpiry),
            PausedUntilMs = spec.PausedUntilMs,
            DeleteWithTopics = spec.DeleteWithTopics,
        };
        message.BackOffMs.AddRange(spec.BackOff.Select(ToMs));
        if (spec.DeadLetter is { } dead)
            message.DeadLetter = new Proto.DeadLetterPolicy { Topic = dead.Topic?.Value ?? string.Empty, Subject = dead.Subject?.Value ?? string.Empty };
        if (spec.Backlog is { } backlog)
            message.Backlog = new Proto.BacklogLimit { MaxRecords = backlog.MaxRecords, MaxBytes = backlog.MaxBytes, Overflow = (Proto.BacklogLimit.Types.Overflow)backlog.Overflow };
        foreach (var binding in spec.Bindings)
            message.Bindings.Add(ToMessage(binding));
        foreach (var (name, value) in spec.Labels)
            message.Labels.Add(name, value);
        return message;
    }

    public static Proto.ConsumerRef ToMessage(ConsumerRef consumer) => new() { Namespace = consumer.Namespace.Value, Name = consumer.Name };

    private static Proto.ConsumerBinding ToMessage(ConsumerBinding binding)
    {
        var message = new Proto.ConsumerBinding
        {
            Id = binding.Id,
            Topic = binding.Topic?.Value ?? string.Empty,
            Start = binding.Start is { } start ? ToMessage(start) : null,
        };
        foreach (var filter in binding.Filters)
            message.Filters.Add(filter.Value);
        return message;
    }

    private static Proto.ConsumerStart ToMessage(ConsumerStart start) =>
        new() { Policy = (Proto.ConsumerStart.Types.Policy)start.Policy, Offset = start.Offset.Value, TimeMs = start.TimeMs };

    private static long ToMs(TimeSpan time) => (long)time.TotalMilliseconds;

    private static TimeSpan ToTime(long milliseconds) => milliseconds is >= 0 and <= int.MaxValue * 1000L
        ? TimeSpan.FromMilliseconds(milliseconds)
        : throw new FormatException("a time is out of range");
}
