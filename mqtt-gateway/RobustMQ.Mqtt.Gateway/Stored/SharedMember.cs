using System.Text;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Live;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>One connected client as a member of a shared subscription's consumer. What it has not acknowledged when it leaves goes to the others at once.</summary>
internal sealed class SharedMember(SharedConsumers owner, ConsumerRef consumer, string name, MqttSubscription subscription) : IConsumerReceiver
{
    /// <summary>Messages that one member may have open: enough for a fast client, few enough that slow ones do not hoard.</summary>
    private const int OpenMax = 64;

    private static readonly TimeSpan RestartAfter = TimeSpan.FromMilliseconds(100);

    private readonly RecordRun _run = new();
    private readonly WireForm _form = new();
    private IConsumerMembership? _membership;

    /// <summary>Joins, unless it has.</summary>
    public void Start(IConsumerClient consumers)
    {
        if (_membership is not null)
            return;
        _membership = consumers.Join(new ConsumerJoin { Consumer = consumer, Member = name }, this);
        _membership.AddCredit(Math.Min(OpenMax, subscription.Connection.Outbound.SendMax));
    }

    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _membership, null) is { } membership)
            await membership.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The client has it, or will never have it.</summary>
    public void End(in DeliveryId delivery)
    {
        if (_membership is not { } membership)
            return;
        membership.Acknowledge(new Acknowledgement(delivery));
        membership.AddCredit(1);
    }

    void IConsumerReceiver.OnJoined(in MemberJoined joined)
    {
    }

    void IConsumerReceiver.OnActive(bool isActive)
    {
    }

    void IConsumerReceiver.OnDeliveries(in Deliveries deliveries)
    {
        var nowMs = owner.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var reader = new DeliveryReader(deliveries);
        try
        {
            while (reader.MoveNext())
            {
                if (!TryDeliver(reader.Current, reader.Id, nowMs))
                    End(reader.Id);
            }
        }
        finally
        {
            reader.Dispose();
        }
        subscription.Connection.Outbound.Flush();
    }

    void IConsumerReceiver.OnLeft(ErrorCode reason)
    {
        if (reason == ErrorCode.NotFound)
            _ = RestartAsync();
    }

    private async Task RestartAsync()
    {
        await Task.Delay(RestartAfter, owner.Time).ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        await owner.RestartAsync(this, consumer).ConfigureAwait(false);
    }

    /// <returns>False where nothing is to be waited for.</returns>
    private bool TryDeliver(in Record record, in DeliveryId id, long nowMs)
    {
        var connection = subscription.Connection;
        var subject = record.KeyIsSubject ? record.Key : Encoding.UTF8.GetBytes(id.Log.Topic.Value);
        if ((subject[0] == '$' && subscription.BeginsWithWildcard) || (subscription.ChecksDeliveries && !connection.MayReceive(subject)) || !_run.Begin(subject))
            return false;
        _run.TryAdd(record, nowMs);
        if (_run.IsEmpty)
            return false;
        var run = _run.Run;
        var qos = Math.Min(run.Qos, subscription.Options.Qos);
        var isV5 = connection.Version == MqttVersion.V5;
        _form.Encode(run, isV5, qos, run.Retain && subscription.Options.RetainAsPublished, isV5 ? subscription.Identifier : []);
        return connection.Outbound.DeliverShared(_form.FirstPacket, _form.Packets[0].IdAt, qos, this, id);
    }
}
