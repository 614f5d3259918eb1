using System.Collections.ObjectModel;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>A consumer's spec as stored (docs/formats/consumers.md, "Spec").</summary>
internal static class SpecCodec
{
    public static void Write(StateWriter to, ConsumerSpec spec)
    {
        to.Text(spec.Consumer.Namespace.Value).Text(spec.Consumer.Name)
            .Byte((byte)spec.AckPolicy).Time(spec.AckWait).Number(spec.BackOff.Count);
        foreach (var pause in spec.BackOff)
            to.Time(pause);
        to.Number(spec.MaxDeliver).Bool(spec.DeadLetter is not null);
        if (spec.DeadLetter is { } dead)
            to.Text(dead.Topic?.Value).Text(dead.Subject?.Value);
        to.Number(spec.MaxPending);
        WriteStart(to, spec.Start);
        to.Bool(spec.PriorityOrder).Byte((byte)spec.Members).Bool(spec.StoreDeliveries).Bool(spec.Backlog is not null);
        if (spec.Backlog is { } backlog)
            to.Number(backlog.MaxRecords).Number(backlog.MaxBytes).Byte((byte)backlog.Overflow);
        to.Time(spec.RecordTtl).Time(spec.InactiveExpiry).Number(spec.PausedUntilMs).Bool(spec.DeleteWithTopics).Number(spec.Labels.Count);
        foreach (var (name, value) in spec.Labels)
            to.Text(name).Text(value);
        to.Number(spec.Bindings.Count);
        foreach (var binding in spec.Bindings)
            WriteBinding(to, binding);
        to.Byte((byte)spec.AckDurability);
    }

    /// <param name="version">Of the snapshot: 1 knew durable answers only.</param>
    public static ConsumerSpec Read(ref StateReader from, byte version)
    {
        var ns = Namespace.Parse(from.Text());
        var name = from.Text();
        var ackPolicy = (AckPolicy)from.Byte();
        var ackWait = from.Time();
        var backOff = new TimeSpan[from.Count()];
        for (var i = 0; i < backOff.Length; i++)
            backOff[i] = from.Time();
        var maxDeliver = (int)from.Number();
        var dead = from.Bool() ? new DeadLetterPolicy { Topic = TopicOf(from.Text()), Subject = SubjectOf(from.Text()) } : null;
        var maxPending = (int)from.Number();
        var start = ReadStart(ref from);
        var priorityOrder = from.Bool();
        var members = (MemberPolicy)from.Byte();
        var storeDeliveries = from.Bool();
        var backlog = from.Bool()
            ? new BacklogLimit { MaxRecords = from.Number(), MaxBytes = from.Number(), Overflow = (BacklogOverflow)from.Byte() }
            : null;
        var recordTtl = from.Time();
        var inactiveExpiry = from.Time();
        var pausedUntil = from.Number();
        var deleteWithTopics = from.Bool();
        var labels = new Dictionary<string, string>();
        for (var left = from.Count(); left > 0; left--)
        {
            var label = from.Text();
            labels[label] = from.Text();
        }
        var bindings = new ConsumerBinding[from.Count()];
        for (var i = 0; i < bindings.Length; i++)
            bindings[i] = ReadBinding(ref from);
        var ackDurability = version < 2 ? Durability.Durable : (Durability)from.Byte();
        return new ConsumerSpec
        {
            Consumer = new ConsumerRef(ns, name),
            Bindings = bindings,
            AckPolicy = ackPolicy,
            AckWait = ackWait,
            BackOff = backOff,
            MaxDeliver = maxDeliver,
            DeadLetter = dead,
            MaxPending = maxPending,
            Start = start,
            PriorityOrder = priorityOrder,
            Members = members,
            StoreDeliveries = storeDeliveries,
            AckDurability = ackDurability,
            Backlog = backlog,
            RecordTtl = recordTtl,
            InactiveExpiry = inactiveExpiry,
            PausedUntilMs = pausedUntil,
            DeleteWithTopics = deleteWithTopics,
            Labels = labels.Count == 0 ? ReadOnlyDictionary<string, string>.Empty : labels,
        };
    }

    public static void WriteBinding(StateWriter to, ConsumerBinding binding)
    {
        to.Number(binding.Id).Text(binding.Topic?.Value).Bool(binding.Start is not null);
        if (binding.Start is { } start)
            WriteStart(to, start);
        to.Number(binding.Filters.Count);
        foreach (var filter in binding.Filters)
            to.Text(filter.Value);
    }

    public static ConsumerBinding ReadBinding(ref StateReader from)
    {
        var id = (int)from.Number();
        var topic = TopicOf(from.Text());
        ConsumerStart? start = from.Bool() ? ReadStart(ref from) : null;
        var filters = new SubjectFilter[from.Count()];
        for (var i = 0; i < filters.Length; i++)
            filters[i] = SubjectFilter.Parse(from.Text());
        return new ConsumerBinding { Id = id, Topic = topic, Start = start, Filters = filters };
    }

    private static void WriteStart(StateWriter to, ConsumerStart start) => to.Byte((byte)start.Policy).Number(start.Offset.Value).Number(start.TimeMs);

    private static ConsumerStart ReadStart(ref StateReader from)
    {
        var policy = (StartPolicy)from.Byte();
        var offset = new Offset(from.Number());
        return new ConsumerStart(policy, offset, from.Number());
    }

    private static TopicName? TopicOf(string text) => text.Length == 0 ? null : TopicName.Parse(text);

    private static Subject? SubjectOf(string text) => text.Length == 0 ? null : Subject.Parse(text);
}
