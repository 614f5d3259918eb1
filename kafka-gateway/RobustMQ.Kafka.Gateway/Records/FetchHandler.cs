using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>Reads record batches, waits for them (long poll), and hands them out as the bytes they are stored in.</summary>
internal sealed class FetchHandler(ILogClient logs, TopicDirectory topics, Quotas quotas, KafkaOptions options, TimeProvider time) : ApiHandler
{
    /// <summary>Batches of magic 2 are what is stored; older clients cannot read them.</summary>
    private const short OldestReadable = 4;

    /// <summary>From here on topics go by id.</summary>
    private const short TopicIdsFrom = 13;

    private const int NoSession = 0;
    private const int LastEpoch = -1;
    private const int NewEpoch = 0;

    private readonly FetchSessionRoom _room = new(options.FetchSessionPartitionsMax);
    private readonly FetchedBytes _fetched = new(options.FetchMemoryBytes);
    private int _lastSessionId;

    public override KafkaApi Api => FetchRequest.Api;

    public override async ValueTask<Reply> HandleAsync(RequestContext context, ReadOnlyMemory<byte> body)
    {
        if (Read<FetchRequest>(context, body) is not { } request)
            return Reply.Close;
        if (FindSession(request, context, out var session) is { } refusal)
            return Tell(context, new FetchResponse { Error = refusal }, null, 0);

        var partitions = session.InTurn().ToList();
        foreach (var partition in partitions)
            Resolve(partition, context);
        var reads = await ReadAsync(request, partitions, context).ConfigureAwait(false);
        var bytes = partitions.Sum(static partition => (long)(partition.Result?.Batches.Length ?? 0));
        context.Throttle = quotas.Fetched(context, bytes);
        context.Connection.CountFetched(partitions.Sum(static partition => partition.RecordCount));
        if (bytes > 0)
            session.Rotate();

        var isIncremental = request.SessionEpoch is not (LastEpoch or NewEpoch);
        var told = partitions.Where(partition => !isIncremental || partition.IsWorthTelling).ToList();
        var response = new FetchResponse
        {
            SessionId = session.Id,
            Topics = Group(told, Isolations.Of(request.IsolationLevel)),
        };
        foreach (var partition in partitions)
            partition.Result = null;
        _fetched.Add(bytes);
        return Tell(context, response, reads, bytes);
    }

    /// <param name="reads">What the records of the response lie in.</param>
    private Reply Tell(RequestContext context, FetchResponse response, ReadManyResult? reads, long bytes)
    {
        response.ThrottleMs = (int)context.Throttle.TotalMilliseconds;
        return Answer(context, new FetchAnswer(response, reads, _fetched, bytes));
    }

    /// <summary>All partitions in one read, which waits for them where the storage is.</summary>
    /// <returns>What the partitions' results lie in; null where none can be read.</returns>
    private async ValueTask<ReadManyResult?> ReadAsync(FetchRequest request, List<FetchPartition> partitions, RequestContext context)
    {
        var readable = partitions.FindAll(static partition => partition.Log is not null);
        // What is wrong is told at once.
        var mayWait = readable.Count == partitions.Count && request is { MinBytes: > 0, MaxWaitMs: > 0 };
        var wait = mayWait ? TimeSpan.FromMilliseconds(request.MaxWaitMs) : TimeSpan.Zero;
        if (readable.Count == 0)
        {
            // Nothing that could be waited for: the client would ask again at once, unless this is how it ends its session before it closes.
            if (request.SessionEpoch != LastEpoch)
                await Task.Delay(wait, time, context.Aborted).ConfigureAwait(false);
            return null;
        }
        var reads = await logs.ReadManyAsync(
            new ReadManyRequest
            {
                Logs = readable.ConvertAll(static partition => new LogPosition(partition.Log!.Value, partition.Offset, Math.Max(1, partition.BytesMax))),
                MaxBytes = _fetched.Allow(Math.Clamp(request.MaxBytes, 1, options.FetchBytesMax)),
                MinBytes = request.MinBytes,
                MaxWait = wait,
                Isolation = Isolations.Of(request.IsolationLevel),
            },
            context.Aborted).ConfigureAwait(false);
        for (var at = 0; at < readable.Count; at++)
            (readable[at].Result, readable[at].Error) = (reads.Logs[at], ErrorOf(reads.Logs[at].Error));
        return reads;
    }

    /// <summary>A read that this gateway or the storage-node gave up, as when it stops: the client looks where the partition is by now. What else it could be told comes to its application as an error.</summary>
    internal static KafkaError ErrorOf(ErrorCode error) =>
        error is ErrorCode.Cancelled or ErrorCode.TimedOut or ErrorCode.UnknownOutcome ? KafkaError.NotLeaderOrFollower : Outcomes.ToKafka(error);

    /// <returns>Why there is none; null: there is.</returns>
    private KafkaError? FindSession(FetchRequest request, RequestContext context, out FetchSession session)
    {
        session = context.Connection.FetchSession!;
        if (request.SessionEpoch is LastEpoch or NewEpoch)
        {
            // Epoch 0 begins a session and -1 ends one (or does without).
            session = Begin(request, context);
            return null;
        }
        if (session is null || session.Id != request.SessionId)
            return KafkaError.FetchSessionIdNotFound;
        if (session.Epoch != request.SessionEpoch)
            return KafkaError.InvalidFetchSessionEpoch;
        if (!session.TryUpdate(request))
        {
            // The client begins anew, and is given none.
            context.Connection.FetchSession = null;
            return KafkaError.FetchSessionIdNotFound;
        }
        session.Advance();
        return null;
    }

    private FetchSession Begin(FetchRequest request, RequestContext context)
    {
        context.Connection.FetchSession = null;
        if (request.SessionEpoch == NewEpoch)
        {
            var session = new FetchSession(NextSessionId(), _room);
            if (session.TryUpdate(request))
                return context.Connection.FetchSession = session;
            session.End();
        }
        var only = new FetchSession(NoSession, room: null);
        only.TryUpdate(request);
        return only;
    }

    private int NextSessionId() => (Interlocked.Increment(ref _lastSessionId) & int.MaxValue) is var id and not NoSession ? id : NextSessionId();

    private void Resolve(FetchPartition partition, RequestContext context)
    {
        (partition.Log, partition.Error) = (null, Find(partition, context, out var topic));
        if (partition.Error != KafkaError.None)
            return;
        if (partition.Index < 0 || partition.Index >= topic!.Spec.Partitions)
            partition.Error = KafkaError.UnknownTopicOrPartition;
        else if (partition.CurrentLeaderEpoch > topics.Epoch.Value)
            partition.Error = KafkaError.UnknownLeaderEpoch;
        else if (partition.CurrentLeaderEpoch >= 0 && partition.CurrentLeaderEpoch < topics.Epoch.Value)
            partition.Error = KafkaError.FencedLeaderEpoch;
        else if (context.Version < OldestReadable)
            partition.Error = KafkaError.UnsupportedVersion;
        else
            partition.Log = new TopicPartition(topic.Namespace, topic.Name, partition.Index);
    }

    private KafkaError Find(FetchPartition partition, RequestContext context, out Topic? topic)
    {
        if (context.Version >= TopicIdsFrom)
        {
            if (!topics.TryGet(context.Namespace, partition.TopicId, out topic))
                return KafkaError.UnknownTopicId;
        }
        else if (!topics.TryGet(context.Namespace, partition.TopicName, out topic))
        {
            return TopicAccess.Missing(context.Identity, partition.TopicName, topic);
        }
        return TopicAccess.CanRead(context.Identity, topic) ? KafkaError.None : KafkaError.TopicAuthorizationFailed;
    }

    private static List<FetchResponse.Topic> Group(List<FetchPartition> partitions, ReadIsolation isolation) =>
    [
        .. partitions.GroupBy(static partition => (partition.TopicName, partition.TopicId)).Select(topic => new FetchResponse.Topic
        {
            Name = topic.Key.TopicName,
            TopicId = topic.Key.TopicId,
            Partitions = [.. topic.Select(partition => partition.Tell(isolation))],
        })
    ];
}
