using System.Runtime.CompilerServices;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Nodes;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Tests;

/// <summary>A storage-node that keeps what it is given in a list, answers at once, and lets a test play its live feed.</summary>
internal sealed class FakeStorageClient : IStorageClient, ILogClient, ITopicClient, INodeClient, ILiveFeed
{
    private readonly Lock _lock = new();
    private readonly List<StoredRecord> _records = [];
    private readonly Dictionary<(Namespace, SubjectFilter, string?), int> _interest = [];

    public ILogClient Logs => this;

    public ITopicClient Topics => this;

    public IConsumerClient Consumers { get; init; } = new UnservedConsumers();

    public INodeClient Node => this;

    /// <summary>Answers every call about logs, topics and consumers with this. Null: appends are kept, what it does not know is <see cref="ErrorCode.Unsupported"/>.</summary>
    public ErrorCode? Refusal
    {
        get => field;
        set
        {
            field = value;
            if (Consumers is UnservedConsumers none)
                none.Refusal = value ?? ErrorCode.Unsupported;
        }
    }

    /// <summary>Grants every lease, creates every topic, and has nothing in any of them.</summary>
    public bool IsGenerous { get; init; }

    public ILiveReceiver? Receiver { get; private set; }

    public SubscriberId Id { get; private set; } = new(7);

    public IReadOnlyList<StoredRecord> Records
    {
        get
        {
            lock (_lock)
                return [.. _records];
        }
    }

    public IReadOnlyDictionary<(Namespace, SubjectFilter, string?), int> Interest
    {
        get
        {
            lock (_lock)
                return new Dictionary<(Namespace, SubjectFilter, string?), int>(_interest);
        }
    }

    public ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default)
    {
        if (Refusal is { } refusal)
            return new ValueTask<AppendResult>(AppendResult.Failed(refusal));
        lock (_lock)
        {
            Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckFrame(request.Batch.Span, int.MaxValue));
            Assert.Equal(ErrorCode.None, RecordBatchValidator.CheckRecords(request.Batch.Span));
            var reader = new RecordReader(request.Batch.Span);
            var index = 0;
            while (reader.MoveNext())
            {
                var headers = new List<(string, string)>();
                foreach (var header in reader.Current.Headers)
                    headers.Add((Text(header.Name), Text(header.Value)));
                var picks = request.Routing.Picks.ToArray().Where(pick => pick.RecordIndex == index).ToList();
                _records.Add(new StoredRecord(request.Log, Text(reader.Current.Key), Text(reader.Current.Value), headers, picks, request.Routing.LiveOnly));
                index++;
            }
            return new ValueTask<AppendResult>(new AppendResult { BaseOffset = new Offset(_records.Count - index) });
        }
    }

    public ILiveFeed Subscribe(string name, ILiveReceiver receiver)
    {
        Receiver = receiver;
        receiver.OnConnected(Id);
        return this;
    }

    public void SetInterest(Namespace ns, SubjectFilter filter, string? queue, int weight)
    {
        lock (_lock)
        {
            if (weight == 0)
                _interest.Remove((ns, filter, queue));
            else
                _interest[(ns, filter, queue)] = weight;
        }
    }

    public Task SyncAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public async IAsyncEnumerable<TopicEvent> WatchAsync(
        Namespace? ns, bool includeInternal, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new TopicEvent(TopicEventKind.CaughtUp, null, 1);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public async ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default)
    {
        if (!IsGenerous)
            return ReadResult.Failed(Refusal ?? ErrorCode.Unsupported);
        if (request.MaxWait > TimeSpan.Zero)
            await Task.Delay(request.MaxWait, cancellationToken);
        return new ReadResult(null, default);
    }

    public ValueTask<ReadManyResult> ReadManyAsync(ReadManyRequest request, CancellationToken cancellationToken = default) =>
        new(ReadManyResult.Failed(Refusal ?? ErrorCode.Unsupported, request.Logs.Count));

    public ValueTask<LogOffsets> OffsetsAsync(
        TopicPartition log, long timeMs = -1, ReadIsolation isolation = ReadIsolation.Committed, CancellationToken cancellationToken = default) =>
        new(new LogOffsets { Error = IsGenerous ? ErrorCode.None : Refusal ?? ErrorCode.Unsupported });

    public ValueTask<LogProducers> ListProducersAsync(TopicPartition log, CancellationToken cancellationToken = default) => new(LogProducers.Failed(Refusal ?? ErrorCode.Unsupported));

    public ValueTask<DeleteResult> DeleteAsync(DeleteRequest request, CancellationToken cancellationToken = default) =>
        new(new DeleteResult(Refusal ?? ErrorCode.Unsupported, Offset.None, 0));

    public ValueTask<TopicResult> CreateAsync(TopicSpec spec, CancellationToken cancellationToken = default) =>
        new(new TopicResult(IsGenerous ? ErrorCode.None : Refusal ?? ErrorCode.Unsupported, null));

    public ValueTask<TopicResult> UpdateAsync(TopicSpec spec, long expectedRevision = 0, CancellationToken cancellationToken = default) =>
        new(new TopicResult(ErrorCode.Unsupported, null));

    public ValueTask<ErrorCode> DeleteAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) => new(ErrorCode.Unsupported);

    public ValueTask<TopicResult> GetAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default) =>
        new(new TopicResult(ErrorCode.NotFound, null));

    public ValueTask<TopicResult> GetBySubjectAsync(Namespace ns, Subject subject, CancellationToken cancellationToken = default) =>
        new(new TopicResult(ErrorCode.NotFound, null));

    public ValueTask<IReadOnlyList<Topic>> ListAsync(Namespace? ns, bool includeInternal, CancellationToken cancellationToken = default) => new([]);

    public ValueTask<NodeIdentity> IdentityAsync(CancellationToken cancellationToken = default) => new(new NodeIdentity("fake", 1, "0", new Epoch(1)));

    public ValueTask<NodeHealth> HealthAsync(CancellationToken cancellationToken = default) => new(new NodeHealth(true, []));

    public ValueTask<NodeStats> StatsAsync(CancellationToken cancellationToken = default) => new(new NodeStats());

    public ValueTask<ProducerIdentity> AllocateProducerAsync(long producerId = 0, CancellationToken cancellationToken = default) =>
        new(new ProducerIdentity(ErrorCode.None, 1, 0));

    public ValueTask<LeaseResult> AcquireLeaseAsync(
        string name, string holder, ReadOnlyMemory<byte> value, TimeSpan ttl, bool steal = false, CancellationToken cancellationToken = default) =>
        new(IsGenerous ? new LeaseResult(ErrorCode.None, new Lease(name, holder, value, ttl, 1)) : new LeaseResult(ErrorCode.Unsupported, null));

    public ValueTask<LeaseResult> RenewLeaseAsync(string name, long revision, ReadOnlyMemory<byte>? value = null, CancellationToken cancellationToken = default) =>
        new(new LeaseResult(ErrorCode.Unsupported, null));

    public ValueTask<LeaseResult> ReleaseLeaseAsync(string name, long revision, CancellationToken cancellationToken = default) =>
        new(new LeaseResult(ErrorCode.Unsupported, null));

    public ValueTask<LeaseResult> GetLeaseAsync(string name, CancellationToken cancellationToken = default) => new(new LeaseResult(ErrorCode.Unsupported, null));

    public async IAsyncEnumerable<LeaseEvent> WatchLeasesAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}

internal sealed record StoredRecord(
    TopicPartition Log, string Subject, string Value, IReadOnlyList<(string Name, string Value)> Headers, IReadOnlyList<QueuePick> Picks, bool IsLiveOnly);
