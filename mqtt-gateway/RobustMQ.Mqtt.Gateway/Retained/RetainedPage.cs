using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Live;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records.Batches;

namespace RobustMQ.Mqtt.Gateway.Retained;

/// <summary>Writes retained messages to the one client whose subscription asked for them, with the retain flag (5.0 section 3.3.1.3).</summary>
internal sealed class RetainedPage(MqttConnection connection, MqttSubscription subscription)
{
    private readonly RecordRun _run = new();
    private readonly WireForm _form = new();
    private readonly FlushList _flushes = new();

    public void Deliver(ReadOnlyMemory<byte> batches, long nowMs)
    {
        var walker = new BatchReader(batches);
        while (walker.MoveNext())
        {
            var reader = new RecordReader(walker.Current.Span);
            while (reader.MoveNext())
                Deliver(reader.Current, nowMs);
        }
        _flushes.Flush();
        _flushes.ForgetCongested();
    }

    private void Deliver(in Record record, long nowMs)
    {
        var subject = record.Key;
        // Empty: there is none any more. Wildcards in front do not match topics that begin with $.
        if (record.Value.IsEmpty || (subject[0] == '$' && subscription.BeginsWithWildcard))
            return;
        if (subscription.ChecksDeliveries && !connection.MayReceive(subject))
            return;
        if (!_run.Begin(subject))
            return;
        _run.TryAdd(record, nowMs);
        if (_run.IsEmpty)
            return;
        var run = _run.Run;
        var isV5 = connection.Version == MqttVersion.V5;
        _form.Encode(run, isV5, Math.Min(run.Qos, subscription.Options.Qos), retain: true, isV5 ? subscription.Identifier : []);
        connection.Outbound.Deliver(_form, connection, _flushes);
    }
}
