using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Mqtt.Gateway.Retained;

/// <summary>Writes retained messages to the one client whose subscription asked for them; for a session that outlives its connection, gathers those at QoS 1 and 2.</summary>
internal sealed class RetainedPage(MqttConnection connection, MqttSubscription subscription)
{
    private readonly RetainedEncoder _encoder = new(connection);
    private readonly FlushList _flushes = new();
    private readonly List<RetainedPacket>? _kept = subscription.StoredId > 0 && subscription.Options.Qos > 0 ? [] : null;

    /// <summary>What was not written: it is the session's until the client has it. Until the next page.</summary>
    public IReadOnlyList<RetainedPacket> Kept => _kept is null ? [] : _kept;

    public void Deliver(ReadOnlyMemory<byte> batches, long nowMs)
    {
        _kept?.Clear();
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
        if (!_encoder.TryEncode(record, subscription, nowMs))
            return;
        var form = _encoder.Form;
        if (_kept is null || form.Qos == 0)
            connection.Outbound.Deliver(form, connection, _flushes);
        else if (connection.Outbound.Takes(form.LongestPacket))
            _kept.Add(new RetainedPacket(record.Offset, _encoder.Packet.ToArray(), _encoder.IdAt, form.Qos));
    }
}

/// <summary>A retained message as a client gets it.</summary>
/// <param name="IdAt">Where its packet identifier belongs.</param>
internal readonly record struct RetainedPacket(Offset Offset, byte[] Bytes, int IdAt, byte Qos);
