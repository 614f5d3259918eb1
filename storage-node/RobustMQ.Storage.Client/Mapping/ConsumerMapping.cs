using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Mapping;

/// <summary>Consumers to messages and back.</summary>
internal static class ConsumerMapping
{
    public static Proto.ConsumerRef ToMessage(ConsumerRef consumer) => new() { Namespace = consumer.Namespace.Value ?? string.Empty, Name = consumer.Name };

    public static Proto.ConsumerSpec ToMessage(ConsumerSpec spec)
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
        message.Bindings.AddRange(spec.Bindings.Select(ToMessage));
        foreach (var (name, value) in spec.Labels)
            message.Labels.Add(name, value);
        return message;
    }

    public static Proto.ConsumerBinding ToMessage(ConsumerBinding binding)
    {
        var message = new Proto.ConsumerBinding { Id = binding.Id, Topic = binding.Topic?.Value ?? string.Empty, Start = binding.Start is { } start ? ToMessage(start) : null };
        message.Filters.AddRange(binding.Filters.Select(static filter => filter.Value));
        return message;
    }

    public static Proto.ConsumerStart ToMessage(ConsumerStart start) =>
        new() { Policy = (Proto.ConsumerStart.Types.Policy)start.Policy, Offset = start.Offset.Value, TimeMs = start.TimeMs };

    public static Proto.FetchRequest ToMessage(FetchRequest request) => new()
    {
        Consumer = ToMessage(request.Consumer),
        MaxRecords = request.MaxRecords,
        MaxBytes = request.MaxBytes,
        MaxWaitMs = (int)Math.Clamp(request.MaxWait.TotalMilliseconds, 0, int.MaxValue),
        AckWaitMs = request.AckWait is { } wait ? ToMs(wait) : -1,
    };

    public static ConsumerResult ResultOf(Proto.ConsumerReply reply) =>
        new(Errors.Code(reply.Error), reply.Consumer is { } state ? FromMessage(state) : null, Errors.Message(reply.Error));

    public static ConsumerState FromMessage(Proto.ConsumerState message) => new()
    {
        Spec = FromMessage(message.Spec),
        Revision = message.Revision,
        CreatedMs = message.CreatedMs,
        Waiting = message.Waiting,
        WaitingBytes = message.WaitingBytes,
        Pending = message.Pending,
        LastSequence = message.LastSequence,
        Delivered = message.Delivered,
        Redelivered = message.Redelivered,
        Acknowledged = message.Acknowledged,
        Dead = message.Dead,
        Positions = [.. message.Positions.Select(static position =>
            new ConsumerPosition(LogMapping.FromMessage(position.Log), new Offset(position.Position_), new Offset(position.AckFloor)))],
        Members = [.. message.Members.Select(static member =>
            new ConsumerMemberState(member.Member_, member.Epoch, member.Priority, member.Active, member.CreditRecords, member.Pending))],
    };

    /// <summary>Answers, those that go together in one message.</summary>
    public static void Add(Google.Protobuf.Collections.RepeatedField<Proto.Answers> messages, ReadOnlySpan<Acknowledgement> answers)
    {
        Proto.Answers? last = null;
        var lastLog = default(TopicPartition);
        foreach (ref readonly var answer in answers)
        {
            var delayMs = answer.Delay is { } delay ? ToMs(delay) : -1;
            if (last is null || lastLog != answer.Delivery.Log || last.Kind != (Proto.Answers.Types.Kind)answer.Kind || last.DelayMs != delayMs)
            {
                lastLog = answer.Delivery.Log;
                messages.Add(last = new Proto.Answers { Log = LogMapping.ToMessage(lastLog), Kind = (Proto.Answers.Types.Kind)answer.Kind, DelayMs = delayMs });
            }
            last.Offsets.Add(answer.Delivery.Offset.Value);
            last.DeliveryCounts.Add(answer.Delivery.DeliveryCount);
            if (answer.Kind == AckKind.Progress)
                last.Notes.Add(answer.Note);
        }
    }

    /// <summary>The batches stay the message's own memory: nothing to return to a pool.</summary>
    public static FetchResult ResultOf(Protos.V1.Error? error, IEnumerable<Proto.Deliveries> deliveries) =>
        new([.. deliveries.Select(FromMessage)]) { Error = Errors.Code(error) };

    public static Deliveries FromMessage(Proto.Deliveries message)
    {
        var marks = new DeliveryMark[message.SequenceDeltas.Count];
        var sequence = 0L;
        var first = 0;
        for (var i = 0; i < marks.Length; i++)
        {
            sequence += message.SequenceDeltas[i];
            var count = message.BindingCounts.Count > 0 ? message.BindingCounts[i] : message.BindingIds.Count;
            marks[i] = new DeliveryMark(
                sequence, message.DeliveryCounts.Count > 0 ? message.DeliveryCounts[i] : 1, message.Notes.Count > 0 ? message.Notes[i] : 0, first, count);
            if (message.BindingCounts.Count > 0)
                first += count;
        }
        return new Deliveries
        {
            Log = LogMapping.FromMessage(message.Log),
            Batches = message.Batches.Memory,
            Marks = marks,
            BindingIds = message.BindingIds.ToArray(),
            Waiting = message.Waiting,
        };
    }

    public static long ToMs(TimeSpan time) => (long)time.TotalMilliseconds;

    private static ConsumerSpec FromMessage(Proto.ConsumerSpec message) => new()
    {
        Consumer = new ConsumerRef(Names.Namespace(message.Consumer.Namespace), message.Consumer.Name),
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
        Start = FromMessage(message.Start),
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

    private static ConsumerBinding FromMessage(Proto.ConsumerBinding message) => new()
    {
        Id = message.Id,
        Topic = message.Topic.Length == 0 ? null : TopicName.Parse(message.Topic),
        Filters = [.. message.Filters.Select(SubjectFilter.Parse)],
        Start = message.Start is { } start ? FromMessage(start) : null,
    };

    private static ConsumerStart FromMessage(Proto.ConsumerStart message) => new((StartPolicy)message.Policy, new Offset(message.Offset), message.TimeMs);

    private static TimeSpan ToTime(long milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
