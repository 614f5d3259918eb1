using System.Globalization;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>
/// The real process is killed (SIGKILL) again and again while members of a consumer of each durable engine take what is appended: what was acknowledged and stored never comes again, and all that was appended has come.
/// The number of kills is <c>CRASH_LOOPS</c>, 4 where it says nothing.
/// </summary>
public sealed class ConsumerCrashLoopTests : IAsyncLifetime
{
    private static readonly int Loops =
        int.Parse(Environment.GetEnvironmentVariable("CRASH_LOOPS") ?? "4", NumberStyles.None, CultureInfo.InvariantCulture);

    private readonly NodeProcess _node = new();

    public Task InitializeAsync() => _node.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_killed_node_loses_and_repeats_no_acknowledgement()
    {
        await using var client = AdaptedNode.NewClient(_node.Address, static given => given with { FailFastAfter = Limits.Deadline, RetryTime = Limits.Deadline });
        await using var stream = await Consumed.OpenAsync(client, EngineKind.Segment, RetentionPolicy.Limits, Durability.Durable);
        await using var queue = await Consumed.OpenAsync(client, EngineKind.RocksDb, RetentionPolicy.WorkQueue, Durability.Written);
        Consumed[] both = [stream, queue];
        var isOver = false;
        var running = Task.WhenAll(both.Select(one => one.Load.RunAsync(_ => !Volatile.Read(ref isOver))));
        var random = new Random(Loops);
        for (var loop = 1; loop <= Loops; loop++)
        {
            var enough = both.Select(one => one.Stored + random.Next(50, 400)).ToArray();
            await Eventually.TrueAsync(() => both.Zip(enough).All(static one => one.First.Stored > one.Second) || running.IsCompleted, "acknowledgements between kills");
            await _node.KillAsync();
            await _node.StartAsync();
        }
        Volatile.Write(ref isOver, true);
        await running;

        foreach (var one in both)
            await one.AssertAsync();
        await Eventually.TrueAsync(async () => (await client.Logs.OffsetsAsync(TestNode.Log(queue.Load.Topic))).RecordCount == 0, "what is done is removed");
    }

    /// <summary>A log under load with a consumer of two members.</summary>
    private sealed class Consumed : IAsyncDisposable
    {
        private readonly HashSet<long> _done = [];
        private readonly IStorageClient _client;
        private readonly ConsumerRef _consumer;
        private readonly Worker _one;
        private readonly Worker _two;

        private Consumed(IStorageClient client, string topic, ConsumerRef consumer)
        {
            _client = client;
            _consumer = consumer;
            Load = new AppendLoad(client, topic);
            _one = new Worker(client, consumer, "one", _done);
            _two = new Worker(client, consumer, "two", _done);
        }

        public AppendLoad Load { get; }

        /// <summary>Acknowledgements that are known to be stored.</summary>
        public int Stored => _one.Stored + _two.Stored;

        public static async Task<Consumed> OpenAsync(GrpcStorageClient client, EngineKind engine, RetentionPolicy retention, Durability answers)
        {
            var topic = await client.CreateAsync(TestNode.Spec($"{engine}") with { Engine = engine, Retention = new Retention { Policy = retention } });
            var consumer = new ConsumerRef(TestNode.Ns, $"of-{engine}");
            var spec = new ConsumerSpec
            {
                Consumer = consumer,
                Bindings = [new ConsumerBinding { Id = 1, Topic = topic.Name }],
                MaxPending = 200,
                AckDurability = answers,
            };
            Assert.Equal(ErrorCode.None, (await client.Consumers.CreateAsync(spec)).Error);
            return new Consumed(client, topic.Name.Value, consumer);
        }

        /// <summary>Everything has come, and nothing whose acknowledgement was stored came again.</summary>
        public async Task AssertAsync()
        {
            // What was given up may be stored or not, and says nothing of consumers.
            Assert.All(Load.Results, static result => Assert.Equal(ErrorCode.None, result.Error));
            await Eventually.TrueAsync(async () => (await _client.Consumers.GetAsync(_consumer)).State is { Waiting: 0, Pending: 0 }, "everything is done");
            Assert.Empty(_one.Repeated);
            Assert.Empty(_two.Repeated);
            var expected = Enumerable.Range(0, Load.Results.Count).SelectMany(AppendLoad.Values).ToHashSet();
            Assert.Superset(expected, _one.Seen.Concat(_two.Seen).ToHashSet());
        }

        public async ValueTask DisposeAsync()
        {
            await _one.DisposeAsync();
            await _two.DisposeAsync();
        }
    }

    /// <summary>A member that acknowledges what it gets, and asks from time to time whether that is stored.</summary>
    private sealed class Worker : IConsumerReceiver, IAsyncDisposable
    {
        private readonly HashSet<long> _done;
        private readonly HashSet<string> _seen = [];
        private readonly List<long> _repeated = [];
        private readonly List<long> _acknowledged = [];
        private readonly IConsumerMembership _membership;
        private readonly SemaphoreSlim _arrived = new(0);
        private readonly Task _syncing;
        private volatile bool _isOver;
        private int _connection;
        private int _stored;

        /// <param name="done">Offsets of all workers whose acknowledgements are stored; locked by whoever uses it.</param>
        public Worker(IStorageClient client, ConsumerRef consumer, string member, HashSet<long> done)
        {
            _done = done;
            _membership = client.Consumers.Join(new ConsumerJoin { Consumer = consumer, Member = member, CreditRecords = 50 }, this);
            _syncing = SyncAsync();
        }

        public int Stored => Volatile.Read(ref _stored);

        public IReadOnlyList<long> Repeated => _repeated;

        public IReadOnlyCollection<string> Seen => _seen;

        public void OnJoined(in MemberJoined joined)
        {
        }

        public void OnActive(bool isActive)
        {
        }

        /// <summary>What was acknowledged on a connection that is lost may or may not be stored.</summary>
        public void OnLeft(ErrorCode reason)
        {
            lock (_seen)
            {
                _connection++;
                _acknowledged.Clear();
            }
        }

        public void OnDeliveries(in Deliveries deliveries)
        {
            using var reader = new DeliveryReader(deliveries);
            while (reader.MoveNext())
            {
                lock (_seen)
                {
                    _seen.Add(Encoding.UTF8.GetString(reader.Current.Value));
                    _acknowledged.Add(reader.Id.Offset.Value);
                    lock (_done)
                    {
                        if (_done.Contains(reader.Id.Offset.Value))
                            _repeated.Add(reader.Id.Offset.Value);
                    }
                    _membership.Acknowledge(new Acknowledgement(reader.Id));
                }
                _membership.AddCredit(1);
            }
            _arrived.Release();
        }

        public async ValueTask DisposeAsync()
        {
            _isOver = true;
            _arrived.Release();
            await _syncing;
            await _membership.DisposeAsync();
            _arrived.Dispose();
        }

        private async Task SyncAsync()
        {
            while (!_isOver)
            {
                await _arrived.WaitAsync();
                List<long> acknowledged;
                int connection;
                lock (_seen)
                {
                    (acknowledged, connection) = ([.. _acknowledged], _connection);
                    _acknowledged.Clear();
                }
                if (acknowledged.Count == 0)
                    continue;
                var error = await _membership.SyncAsync();
                lock (_seen)
                {
                    if (error != ErrorCode.None || connection != _connection)
                        continue;
                    lock (_done)
                        _done.UnionWith(acknowledged);
                    Interlocked.Add(ref _stored, acknowledged.Count);
                }
            }
        }
    }
}
