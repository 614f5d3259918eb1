using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.Nats.Gateway.Delivery;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Live;

/// <summary>Takes what other gateways and services appended, and delivers it to this gateway's clients.</summary>
internal sealed partial class NatsLiveReceiver(AccountRegistry accounts, ILogger<NatsLiveReceiver> logger) : ILiveReceiver
{
    /// <summary>A compressed batch opens to no more than this.</summary>
    private const int OpenedBytesMax = 64 << 20;

    private readonly RunDelivery _delivery = new();
    private readonly RecordRun _run = new();
    private MatchResult _match = MatchResult.Nobody;
    private long _dropped;

    /// <summary>Records that this gateway missed because it was too slow.</summary>
    public long DroppedRecords => Interlocked.Read(ref _dropped);

    public void OnConnected(SubscriberId id) => LogConnected(logger, id);

    public void OnDisconnected()
    {
        LogDisconnected(logger);
        foreach (var account in accounts.All)
            account.ClearPeers();
    }

    public void OnPeerInterest(in PeerInterest interest) => accounts.Of(interest.Namespace).SetPeer(interest);

    public void OnDropped(long records)
    {
        Interlocked.Add(ref _dropped, records);
        LogDropped(logger, records);
    }

    public void OnRecords(in LiveRecords records)
    {
        if (!accounts.TryGet(records.Log.Namespace, out var account))
            return;
        var batch = records.Batch.Span;
        if (new RecordBatchHeader(batch).Compression == Compression.None)
        {
            Deliver(account, records.Log, new RecordReader(batch), new QueuePickReader(records.Picks.Span));
        }
        else
        {
            using var opened = RecordDecompressor.Decompress(batch, OpenedBytesMax);
            if (opened.Succeeded)
                Deliver(account, records.Log, new RecordReader(batch, opened.Records.Span), new QueuePickReader(records.Picks.Span));
            else
                LogUnreadable(logger, records.Log);
        }
        _delivery.FlushList.Flush();
    }

    private void Deliver(NatsAccount account, TopicPartition log, RecordReader reader, QueuePickReader picks)
    {
        Span<byte> topicName = stackalloc byte[TopicName.LengthMax];
        var topicSubject = topicName[..Encoding.UTF8.GetBytes(log.Topic.Value, topicName)];
        var index = 0;
        while (reader.MoveNext())
        {
            var record = reader.Current;
            var subject = record.KeyIsSubject ? record.Key : topicSubject;
            if (!_run.Accepts(subject))
            {
                DeliverRun();
                _run.Begin(subject);
                _match = account.Match(subject, out _);
            }
            var picksOfRecord = picks.Take(index++);
            if (picksOfRecord.IsEmpty)
            {
                _run.Add(record);
                continue;
            }
            // A record with picks goes alone, so that its queue members are this record's only.
            DeliverRun();
            _run.Begin(subject);
            _run.Add(record);
            DeliverPicked(picksOfRecord);
            DeliverRun();
            _run.Begin(subject);
        }
        DeliverRun();
    }

    private void DeliverRun()
    {
        if (_run.IsEmpty)
            return;
        var run = _run.Run;
        foreach (var subscription in _match.Plain)
            _delivery.Deliver(run, subscription, publisher: null);
        _run.Clear();
    }

    private void DeliverPicked(ReadOnlySpan<QueuePick> picks)
    {
        foreach (var pick in picks)
        {
            foreach (var group in _match.Queues)
            {
                if (group.Members.Length > 0 && group.Name == pick.Queue)
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
