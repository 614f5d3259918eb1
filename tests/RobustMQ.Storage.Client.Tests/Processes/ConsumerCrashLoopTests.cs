using System.Globalization;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>
/// The real process is killed (SIGKILL) again and again while members of a consumer take what is appended: what was acknowledged and stored never comes again, and all that was appended has come.
/// The number of kills is <c>CRASH_LOOPS</c>, 4 where it says nothing.
/// </summary>
public sealed class ConsumerCrashLoopTests : IAsyncLifetime
{
    private static readonly int Loops =
        int.Parse(Environment.GetEnvironmentVariable("CRASH_LOOPS") ?? "4", NumberStyles.None, CultureInfo.InvariantCulture);

    private static readonly ConsumerRef Name = new(TestNode.Ns, "crashing");

    private readonly NodeProcess _node = new();

    public Task InitializeAsync() => _node.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(EngineKind.Segment, RetentionPolicy.Limits)]
    [InlineData(EngineKind.RocksDb, RetentionPolicy.WorkQueue)]
    public async Task A_killed_node_loses_and_repeats_no_acknowledgement(EngineKind engine, RetentionPolicy retention)
    {
        await using var client = AdaptedNode.NewClient(_node.Address, static given => given with { FailFastAfter = Limits.Deadline, RetryTime = Limits.Deadline });
        await client.CreateAsync(TestNode.Spec("t") with { Engine = engine, Retention = new Retention { Policy = retention } });
        var spec = new ConsumerSpec { Consumer = Name, Bindings = [new ConsumerBinding { Id = 1, Topic = TopicName.Parse("t") }], MaxPending = 200 };
        Assert.Equal(ErrorCode.None, (await client.Consumers.CreateAsync(spec)).Error);
        var done = new HashSet<long>();
        await using var one = new Worker(client, "one", done);
        await using var two = new Worker(client, "two", done);
        var load = new AppendLoad(client, "t");
        var isOver = false;
        var running = load.RunAsync(_ => !Volatile.Read(ref isOver));
        var random = new Random(Loops);
        for (var loop = 1; loop <= Loops; loop++)
        {
            var stored = one.Stored + two.Stored;
            var some = random.Next(50, 400);
            await Eventually.TrueAsync(() => one.Stored + two.Stored > stored + some || running.IsCompleted, "acknowledgements between kills");
            await _node.KillAsync();
            await _node.StartAsync();
        }
        Volatile.Write(ref isOver, true);
        await running;
        // What was given up may be stored or not, and says nothing of consumers.
        Assert.All(load.Results, static result => Assert.Equal(ErrorCode.None, result.Error));

        await Eventually.TrueAsync(async () => (await client.Consumers.GetAsync(Name)).State is { Waiting: 0, Pending: 0 }, "everything is done");
        Assert.Empty(one.Repeated);
        Assert.Empty(two.Repeated);
        var expected = Enumerable.Range(0, load.Results.Count).SelectMany(AppendLoad.Values).ToHashSet();
        Assert.Superset(expected, one.Seen.Concat(two.Seen).ToHashSet());
        if (retention == RetentionPolicy.WorkQueue)
            await Eventually.TrueAsync(async () => (await client.Logs.OffsetsAsync(TestNode.Log("t"))).RecordCount == 0, "what is done is removed");
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
        public Worker(IStorageClient client, string member, HashSet<long> done)
        {
            _done = done;
            _membership = client.Consumers.Join(new ConsumerJoin { Consumer = Name, Member = member, CreditRecords = 50 }, this);
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
