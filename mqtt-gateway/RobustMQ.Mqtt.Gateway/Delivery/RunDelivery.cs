using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>Delivers runs to local receivers. One for each delivering thread (a connection's reader, the live feed): it keeps scratch memory and a random source.</summary>
internal sealed class RunDelivery
{
    private readonly RunForms _forms = new();
    private WireForm? _aliased;

    public FlushList FlushList { get; } = new();

    /// <summary>For the choice of members of shared subscriptions; never shared between threads.</summary>
    public Random Random { get; } = new();

    /// <summary>A new run: what was encoded for the last one is not this one's.</summary>
    public void Begin() => _forms.Begin();

    /// <summary>Gives a run to one client.</summary>
    /// <param name="publisher">Gets nothing of its own where it said so; null: a peer's client.</param>
    /// <returns>Messages that were written or are queued.</returns>
    public int Deliver(in PublishRun run, Receiver receiver, MqttConnection? publisher)
    {
        var connection = receiver.Connection;
        if (ReferenceEquals(connection, publisher))
        {
            if (receiver.ForOwn is not { } own)
                return 0;
            receiver = own;
        }
        if (receiver.ChecksDeliveries && !connection.MayReceive(run.Subject))
            return 0;
        var isV5 = connection.Version == MqttVersion.V5;
        var qos = Math.Min(run.Qos, receiver.Qos);
        var retain = run.Retain && receiver.RetainAsPublished;
        if (connection.Outbound.GivesAliases)
            return connection.Outbound.DeliverAliased(run, qos, retain, receiver.Identifiers, _aliased ??= new WireForm(), connection, FlushList);
        if (qos == 0 && run.CanCopy && isV5 == run.IsV5 && receiver.Identifiers.Length == 0 && connection.Outbound.Takes(run.Messages))
            return connection.Outbound.DeliverCopies(run.Packets, run.Messages.Length, connection, FlushList);
        var form = _forms.Of(run, isV5, qos, retain, isV5 ? receiver.Identifiers : []);
        return connection.Outbound.Deliver(form, connection, FlushList);
    }

    /// <summary>Gives one message to a member of a shared subscription, to the next one where the chosen member takes none.</summary>
    public bool DeliverToOne(in PublishRun run, Receiver[] members, int index, MqttConnection? publisher)
    {
        for (var tried = 0; tried < members.Length; tried++)
        {
            if (Deliver(run, members[index], publisher) > 0)
                return true;
            index = index + 1 == members.Length ? 0 : index + 1;
        }
        return false;
    }
}
