using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Gateway.Routing;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Shared;

/// <summary>
/// Brings what clients of other protocols publish to the queues that are bound to <c>amq.topic</c>. Of all AMQP gateways one gets each record, as a member of a queue group; what an AMQP
/// gateway published itself it has routed itself.
/// </summary>
internal sealed partial class SharedFeed(AmqpGatewayState gateway, ILogger<SharedFeed> logger) : ILiveReceiver, IDisposable
{
    /// <summary>No client's group has this name.</summary>
    private const string Group = "$amqp.topic";

    /// <summary>A compressed batch opens to no more than this.</summary>
    private const int OpenedBytesMax = 64 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<Namespace, (long Generation, SubjectFilter? Filter)> _interest = [];
    private readonly RecordEncoder _encoder = new();
    private PublishBatches? _batches;
    private long _missed;

    /// <summary>Records that this gateway missed because it was too slow.</summary>
    public long MissedRecords => Interlocked.Read(ref _missed);

    public void OnConnected(SubscriberId id) => LogConnected(logger, id);

    public void OnDisconnected() => LogDisconnected(logger);

    public void OnPeerInterest(in PeerInterest interest)
    {
    }

    public void OnDropped(long records) => Interlocked.Add(ref _missed, records);

    /// <summary>Says what the vhost's bindings want now. Cheap where nothing has changed.</summary>
    public void Update(Vhost vhost, LocalInterest interest)
    {
        lock (_lock)
        {
            var generation = vhost.Topology.Generation;
            _interest.TryGetValue(vhost.Namespace, out var present);
            if (present.Generation == generation && present != default)
                return;
            var wanted = WantedBy(vhost);
            _interest[vhost.Namespace] = (generation, wanted);
            if (wanted == present.Filter)
                return;
            // The new one first: nothing that is published meanwhile is missed.
            if (wanted is { } filter)
                interest.Add(vhost.Namespace, filter, Group);
            if (present.Filter is { } old)
                interest.Remove(vhost.Namespace, old, Group);
        }
    }

    public void OnRecords(in LiveRecords records)
    {
        if (gateway.Vhosts.Find(records.Log.Namespace) is not { } vhost)
            return;
        var batch = records.Batch.Span;
        if (new RecordBatchHeader(batch).Compression == Compression.None)
        {
            Route(vhost, records.Log, new RecordReader(batch));
        }
        else
        {
            using var opened = RecordDecompressor.Decompress(batch, OpenedBytesMax);
            if (opened.Succeeded)
                Route(vhost, records.Log, new RecordReader(batch, opened.Records.Span));
        }
        // The feed's own bound holds back what comes too fast.
        _batches?.HandOver();
    }

    public void Dispose() => _batches?.Dispose();

    /// <summary>One filter for everything, so that a record is brought once however many bindings it matches.</summary>
    private static SubjectFilter? WantedBy(Vhost vhost)
    {
        if (!vhost.Topology.TryGetExchange(Exchange.TopicName, out var exchange))
            return null;
        var patterns = vhost.Topology.OutgoingOf(exchange).Select(static binding => System.Text.Encoding.UTF8.GetString(Names.AmqpNames.Filter(binding.Spec.RoutingKey))).Distinct().ToList();
        return patterns.Count switch
        {
            0 => null,
            1 => SubjectFilter.Parse(patterns[0]),
            _ => SubjectFilter.All,
        };
    }

    private void Route(Vhost vhost, TopicPartition log, RecordReader reader)
    {
        var nowMs = gateway.NowMs;
        while (reader.MoveNext())
        {
            ref readonly var record = ref reader.Current;
            var subject = record.KeyIsSubject ? record.Key : System.Text.Encoding.UTF8.GetBytes(log.Topic.Value);
            if (subject.IsEmpty || subject[0] == (byte)'$' || LiveOnlySubjects.Contains(subject) || record.Headers.TryGet(RecordHeaderNames.Amqp, out _))
                continue;
            var expiresAtMs = StorageHeaders.ExpiresAtMsOf(record);
            if (expiresAtMs > 0 && expiresAtMs <= nowMs)
                continue;
            var key = ForeignProperties.KeyOf(subject);
            if (key.Length <= byte.MaxValue)
                Store(vhost, record, key, ForeignProperties.Of(record, expiresAtMs, nowMs), expiresAtMs, nowMs);
        }
    }

    private void Store(Vhost vhost, in Record record, byte[] key, byte[] properties, long expiresAtMs, long nowMs)
    {
        if (vhost.Topology.Route("amq.topic"u8, new RoutedMessage(key, properties)) is not { Targets.IsEmpty: false } route)
            return;
        _encoder.Encode(new AmqpEnvelope { Exchange = "amq.topic"u8, RoutingKey = key, Properties = properties }, StorageHeaders.LaneOf(record), expiresAtMs);
        _batches ??= new PublishBatches(gateway, static () => { });
        foreach (var target in route.Targets)
            _batches.Add(target, nowMs, record.Value, _encoder.Encoded, _encoder.Count, target.IsDurable ? Durability.Written : Durability.Accepted, default);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Live feed connected as subscriber {Subscriber}")]
    private static partial void LogConnected(ILogger logger, SubscriberId subscriber);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Live feed lost: what other protocols publish does not reach queues until it is back")]
    private static partial void LogDisconnected(ILogger logger);
}
