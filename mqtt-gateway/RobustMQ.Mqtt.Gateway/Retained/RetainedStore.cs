using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Retained;

/// <summary>
/// Retained messages: one internal topic of each namespace, one record for each subject. An empty value says that there is none any more; such a record is removed when it
/// is stored. Thread-safe.
/// </summary>
internal sealed partial class RetainedStore(ILogClient logs, ITopicClient topics, LiveCounters counters, ILogger<RetainedStore> logger)
{
    private static readonly TopicName Topic = TopicName.Parse("_mqtt-retained");

    private readonly ConcurrentDictionary<Namespace, TopicRoute> _routes = new();
    private readonly ConcurrentDictionary<Namespace, Task<ErrorCode>> _created = new();
    private readonly ConcurrentDictionary<StoreBatch, Task> _unsettled = new();

    public TopicRoute RouteOf(Namespace ns) =>
        _routes.GetOrAdd(ns, static key => new TopicRoute { Log = new TopicPartition(key, Topic, 0), IsLiveOnly = false });

    /// <summary>Completes when what was handed over before is stored, or has failed: a client finds what it has retained itself.</summary>
    public Task SettleAsync() => _unsettled.IsEmpty ? Task.CompletedTask : Task.WhenAll(_unsettled.Values);

    public Task<ErrorCode> StoreAsync(StoreBatch batch)
    {
        var settled = new TaskCompletionSource();
        _unsettled[batch] = settled.Task;
        return StoreCoreAsync(batch, settled);
    }

    /// <summary>Less than a client's socket takes at once.</summary>
    private const int PageBytes = 256 << 10;

    /// <summary>
    /// One page of retained messages under a filter; it may be empty before the end. The topic keeps one record of each subject, so that what lies in it is what is retained: looking
    /// for the last of each would walk to the end of the topic for every page. The caller disposes the page.
    /// </summary>
    /// <param name="from">Where the page begins; <see cref="ReadResult.NextOffset"/> is where the next one does. Null: at the beginning.</param>
    public ValueTask<ReadResult> ReadAsync(Namespace ns, SubjectFilter filter, Offset? from) => logs.ReadAsync(new ReadRequest
    {
        Log = RouteOf(ns).Log,
        Start = from is null ? ReadStart.First : ReadStart.Offset,
        Offset = from ?? Offset.Zero,
        Filters = [filter],
        MaxBytes = PageBytes,
    });

    /// <summary>The record at an offset, or what comes behind it where it is gone. The caller disposes it.</summary>
    public ValueTask<ReadResult> ReadOneAsync(Namespace ns, Offset offset) => logs.ReadAsync(new ReadRequest
    {
        Log = RouteOf(ns).Log,
        Start = ReadStart.Offset,
        Offset = offset,
        MaxRecords = 1,
        MaxBytes = PageBytes,
    });

    private async Task<ErrorCode> StoreCoreAsync(StoreBatch batch, TaskCompletionSource settled)
    {
        var ns = batch.Route.Log.Namespace;
        var records = batch.Builder.RecordCount;
        var error = ErrorCode.Internal;
        try
        {
            error = await EnsureTopicAsync(ns).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return error;
            var result = await logs.AppendAsync(new AppendRequest
            {
                Log = batch.Route.Log,
                Batch = batch.Builder.Build(),
                IsOwnEncoding = true,
                Durability = Durability.Durable,
            }).ConfigureAwait(false);
            error = result.Error;
            if (error == ErrorCode.None && !result.IsDelayed && batch.Tombstones is { } tombstones)
                _ = RemoveAsync(batch.Route.Log, [.. tombstones.Select(index => result.BaseOffset + index)]);
            return error;
        }
        finally
        {
            if (error != ErrorCode.None)
                LogNotRetained(logger, records, ns, error);
            counters.Count(error, records);
            batch.Builder.Dispose();
            _unsettled.TryRemove(batch, out _);
            settled.SetResult();
        }
    }

    private async Task<ErrorCode> EnsureTopicAsync(Namespace ns)
    {
        var created = _created.GetOrAdd(ns, CreateTopicAsync);
        var error = await created.ConfigureAwait(false);
        if (error != ErrorCode.None)
            _created.TryRemove(new KeyValuePair<Namespace, Task<ErrorCode>>(ns, created));
        return error;
    }

    private async Task<ErrorCode> CreateTopicAsync(Namespace ns)
    {
        var result = await topics.CreateAsync(new TopicSpec
        {
            Namespace = ns,
            Name = Topic,
            Engine = EngineKind.RocksDb,
            Retention = new Retention { MaxRecordsPerKey = 1 },
        }).ConfigureAwait(false);
        return result.Error == ErrorCode.AlreadyExists ? ErrorCode.None : result.Error;
    }

    /// <summary>A record that says "none" has done its work: the older one went when it came.</summary>
    private async Task RemoveAsync(TopicPartition log, IReadOnlyList<Offset> offsets)
    {
        var result = await logs.DeleteAsync(new DeleteRequest { Log = log, Offsets = offsets }).ConfigureAwait(false);
        if (!result.Succeeded)
            LogNotRemoved(logger, offsets.Count, log.Namespace, result.Error);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Records} retained messages of namespace {Namespace} were not stored: {Error}")]
    private static partial void LogNotRetained(ILogger logger, int records, Namespace @namespace, ErrorCode error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Records} empty retained records of namespace {Namespace} stay: {Error}. They are never delivered")]
    private static partial void LogNotRemoved(ILogger logger, int records, Namespace @namespace, ErrorCode error);
}
