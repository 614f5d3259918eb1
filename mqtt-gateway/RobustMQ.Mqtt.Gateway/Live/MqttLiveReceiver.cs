using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Live;

/// <summary>Takes what other gateways and services appended, and delivers it to this gateway's clients.</summary>
internal sealed partial class MqttLiveReceiver(NamespaceRegistry namespaces, TopicMap topics, TimeProvider time, ILogger<MqttLiveReceiver> logger) : ILiveReceiver
{
    /// <summary>A compressed batch opens to no more than this.</summary>
    private const int OpenedBytesMax = 64 << 20;

    private readonly RunDelivery _delivery = new();
    private readonly RecordRun _run = new();
    private MatchResult _match = MatchResult.Nobody;
    private bool _isKept;
    private long _dropped;

    /// <summary>Records that this gateway missed because it was too slow.</summary>
    public long DroppedRecords => Interlocked.Read(ref _dropped);

    public void OnConnected(SubscriberId id) => LogConnected(logger, id);

    public void OnDisconnected()
    {
        LogDisconnected(logger);
        foreach (var ns in namespaces.All)
            ns.ClearPeers();
    }

    public void OnPeerInterest(in PeerInterest interest) => namespaces.Of(interest.Namespace).SetPeer(interest);

    public void OnDropped(long records)
    {
        Interlocked.Add(ref _dropped, records);
        LogDropped(logger, records);
    }

    public void OnRecords(in LiveRecords records)
    {
        if (!namespaces.TryGet(records.Log.Namespace, out var ns))
            return;
        var batch = records.Batch.Span;
        if (new RecordBatchHeader(batch).Compression == Compression.None)
        {
            Deliver(ns, records.Log, new RecordReader(batch), new QueuePickReader(records.Picks.Span));
        }
        else
        {
            using var opened = RecordDecompressor.Decompress(batch, OpenedBytesMax);
            if (opened.Succeeded)
                Deliver(ns, records.Log, new RecordReader(batch, opened.Records.Span), new QueuePickReader(records.Picks.Span));
            else
                LogUnreadable(logger, records.Log);
        }
        _delivery.FlushList.Flush();
        _delivery.FlushList.ForgetCongested();
    }

    private void Deliver(MqttNamespace ns, TopicPartition log, RecordReader reader, QueuePickReader picks)
    {
        Span<byte> topicName = stackalloc byte[TopicName.LengthMax];
        var topicSubject = topicName[..Encoding.UTF8.GetBytes(log.Topic.Value, topicName)];
        // Clients with sessions get from those what the log keeps.
        _isKept = topics.Keeps(log.Namespace, log.Topic);
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var index = 0;
        _run.Clear();
        while (reader.MoveNext())
        {
            var record = reader.Current;
            var subject = record.KeyIsSubject ? record.Key : topicSubject;
            if (_run.IsEmpty || !subject.SequenceEqual(_run.Subject))
                Begin(ns, subject);
            var picksOfRecord = picks.Take(index++);
            if (!picksOfRecord.IsEmpty)
                Begin(ns, subject);
            if (!_run.TryAdd(record, nowMs))
            {
                Begin(ns, subject);
                _run.TryAdd(record, nowMs);
            }
            if (picksOfRecord.IsEmpty)
                continue;
            // A record with picks goes alone, so that its members are this record's only.
            DeliverPicked(picksOfRecord);
            DeliverRun();
        }
        DeliverRun();
    }

    private void Begin(MqttNamespace ns, ReadOnlySpan<byte> subject)
    {
        DeliverRun();
        _match = _run.Begin(subject) ? ns.Match(subject, out _) : MatchResult.Nobody;
    }

    private void DeliverRun()
    {
        if (_run.IsEmpty)
            return;
        _delivery.Begin();
        var run = _run.Run;
        foreach (var receiver in _match.Plain)
        {
            if (!_isKept || !receiver.GetsStored)
                _delivery.Deliver(run, receiver, publisher: null);
        }
        _run.Clear();
    }

    private void DeliverPicked(ReadOnlySpan<QueuePick> picks)
    {
        if (_run.IsEmpty)
            return;
        _delivery.Begin();
        foreach (var pick in picks)
        {
            foreach (var group in _match.Shares)
            {
                if (group.Members.Length > 0 && group.Name == pick.Queue && !(_isKept && group.IsKept))
                    _delivery.DeliverToOne(_run.Run, group.Members, _delivery.Random.Next(group.Members.Length), publisher: null);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Live feed connected as subscriber {Subscriber}")]
    private static partial void LogConnected(ILogger logger, SubscriberId subscriber);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Live feed lost: clients of other gateways are out of reach until it is back")]
    private static partial void LogDisconnected(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage-node left out {Records} live records because this gateway was too slow")]
    private static partial void LogDropped(ILogger logger, long records);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A compressed live batch of {Log} cannot be opened")]
    private static partial void LogUnreadable(ILogger logger, TopicPartition log);
}
