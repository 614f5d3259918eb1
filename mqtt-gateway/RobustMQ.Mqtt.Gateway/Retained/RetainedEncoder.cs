using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Live;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records.Batches;

namespace RobustMQ.Mqtt.Gateway.Retained;

/// <summary>Encodes retained messages for one client, with the retain flag (5.0 section 3.3.1.3). Keeps its memory. Not thread-safe.</summary>
internal sealed class RetainedEncoder(MqttConnection connection)
{
    private readonly RecordRun _run = new();

    /// <summary>The message encoded last.</summary>
    public WireForm Form { get; } = new();

    public ReadOnlySpan<byte> Packet => Form.FirstPacket;

    /// <summary>Where its identifier belongs.</summary>
    public int IdAt => Form.Packets[0].IdAt;

    /// <returns>False where the subscription gets nothing of the record.</returns>
    public bool TryEncode(in Record record, MqttSubscription subscription, long nowMs)
    {
        // Wildcards in front do not match topics that begin with $.
        if (record.Value.IsEmpty || (record.Key[0] == '$' && subscription.BeginsWithWildcard) || (subscription.ChecksDeliveries && !connection.MayReceive(record.Key)))
            return false;
        return TryEncode(record, subscription.Options.Qos, subscription.Identifier, nowMs);
    }

    /// <summary>A message that was sent before, as it was then.</summary>
    /// <param name="batches">Begin with its record, where that is still there.</param>
    /// <param name="subscription">Null: the client has unsubscribed since; what was sent is completed all the same (5.0 section 3.10.4).</param>
    public bool TryEncodeAgain(ReadOnlyMemory<byte> batches, in RetainedExchange exchange, MqttSubscription? subscription, long nowMs)
    {
        var walker = new BatchReader(batches);
        while (walker.MoveNext())
        {
            var reader = new RecordReader(walker.Current.Span);
            while (reader.MoveNext())
            {
                var record = reader.Current;
                if (record.Offset < exchange.Offset)
                    continue;
                if (record.Offset > exchange.Offset || record.Value.IsEmpty || !connection.MayReceiveAgain(record.Key))
                    return false;
                if (!TryEncode(record, exchange.Qos, subscription?.Identifier ?? [], nowMs))
                    return false;
                Form.FirstPacket[0] |= PublishFlags.Dup;
                return true;
            }
        }
        return false;
    }

    private bool TryEncode(in Record record, byte qosMax, byte[] identifiers, long nowMs)
    {
        if (!_run.Begin(record.Key))
            return false;
        _run.TryAdd(record, nowMs);
        if (_run.IsEmpty)
            return false;
        var run = _run.Run;
        var isV5 = connection.Version == MqttVersion.V5;
        Form.Encode(run, isV5, Math.Min(run.Qos, qosMax), retain: true, isV5 ? identifiers : []);
        return true;
    }
}
