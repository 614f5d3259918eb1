using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>A whole consumer on a disk, at random, through restarts: what was acknowledged stays away, what was not comes again, and nothing comes oftener than it may.</summary>
public sealed class ConsumerRestartTests
{
    private static readonly ConsumerRef Name = new(TestNode.Ns, "c");

    [Theory]
    [InlineData(EngineKind.RocksDb, RetentionPolicy.Limits, 20_261_126)]
    [InlineData(EngineKind.RocksDb, RetentionPolicy.WorkQueue, 0)]
    [InlineData(EngineKind.Segment, RetentionPolicy.Limits, 0)]
    [InlineData(EngineKind.Segment, RetentionPolicy.Interest, 0)]
    public async Task What_was_acknowledged_stays_away_and_the_rest_comes(EngineKind engine, RetentionPolicy retention, int fixedSeed)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        var random = new Random(seed);
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", engine, spec => spec with { Retention = new Retention { Policy = retention } });
        Assert.Equal(ErrorCode.None, (await node.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = Name, Bindings = [Binding()], AckWait = TimeSpan.FromSeconds(30) })).Error);
        var run = new Run(node, random, $"seed {seed}");
        for (var step = 0; step < 300; step++)
            await run.StepAsync();
        await run.FinishAsync();
        if (retention != RetentionPolicy.Limits)
            await Eventually.TrueAsync(async () => (await node.Node.Logs.OffsetsAsync(TestNode.Log("t"))).RecordCount == 0, $"seed {seed}: nothing is left of what is done");
    }

    [Theory]
    [InlineData(AckPolicy.None, "b2:1 a3:1")]
    [InlineData(AckPolicy.All, "c1:2 b2:1")]
    [InlineData(AckPolicy.Explicit, "c1:2 b2:1")]
    public async Task The_newest_of_every_subject_that_have_not_come_yet_do_after_a_restart(AckPolicy policy, string expected)
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", EngineKind.Segment);
        foreach (var (subject, value) in new[] { ("a", "a1"), ("c", "c1"), ("a", "a2"), ("b", "b1"), ("b", "b2"), ("a", "a3") })
            await node.AppendAsync("t", TestBatch.OfValues("t." + subject, value));
        await node.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = Name, Bindings = [Binding()], AckPolicy = policy, Start = ConsumerStart.LastPerSubject });
        Assert.Equal(3, (await StateAsync(node)).Waiting);
        var first = await FetchAsync(node, 1);
        Assert.Equal("c1", Assert.Single(first).Value);
        await node.Node.Consumers.AcknowledgeAsync(Name, Array.Empty<Acknowledgement>());
        await node.RestartAsync();
        var again = await FetchAsync(node, 2);
        Assert.Equal(expected, string.Join(' ', again.Select(one => $"{one.Value}:{one.Id.DeliveryCount}")));
    }

    [Fact]
    public async Task A_delay_that_was_asked_for_holds_over_a_restart()
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", EngineKind.RocksDb);
        await node.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = Name, Bindings = [Binding()] });
        await node.AppendAsync("t", TestBatch.OfValues("t.a", "1", "2"));
        var first = await FetchAsync(node, 1);
        await node.Node.Consumers.AcknowledgeAsync(Name, new[] { new Acknowledgement(first[0].Id, AckKind.Return) { Delay = TimeSpan.FromMinutes(5) } });
        await node.RestartAsync();
        Assert.Equal("2", Assert.Single(await FetchAsync(node, 9)).Value);
        await node.RestartAsync();
        Assert.Equal("2", Assert.Single(await FetchAsync(node, 9)).Value);
        node.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(["1 2", "2 3"], (await FetchAsync(node, 9)).Select(one => $"{one.Value} {one.Id.DeliveryCount}").Order());
    }

    [Fact]
    public async Task A_log_that_lost_its_end_gives_what_comes_there_later()
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", EngineKind.Memory);
        await node.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = Name, Bindings = [Binding()] });
        await node.AppendAsync("t", TestBatch.OfValues("t.a", "1", "2"));
        Assert.Equal(2, (await FetchAsync(node, 9)).Count);
        await node.Node.Consumers.AcknowledgeAsync(Name, Array.Empty<Acknowledgement>());
        await node.RestartAsync();
        await node.AppendAsync("t", TestBatch.OfValues("t.a", "3"));
        Assert.Equal("3", Assert.Single(await FetchAsync(node, 9)).Value);
        Assert.Equal((1, 0), ((await StateAsync(node)).Pending, (await StateAsync(node)).Waiting));
    }

    [Fact]
    public async Task The_most_urgent_come_first_after_a_restart_too()
    {
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", EngineKind.RocksDb);
        await node.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = Name, Bindings = [Binding()], PriorityOrder = true });
        foreach (var (value, priority) in new (string, int?)[] { ("n1", null), ("u1", 1), ("c1", 2), ("n2", null), ("c2", 2), ("u2", 1) })
            await node.AppendAsync("t", DiskNode.Record("t.a", value, priority));
        var first = await FetchAsync(node, 3);
        Assert.Equal("c1 c2 u1", string.Join(' ', first.Select(one => one.Value)));
        await node.Node.Consumers.AcknowledgeAsync(Name, new[] { new Acknowledgement(first[0].Id), new Acknowledgement(first[2].Id) });
        await node.RestartAsync();
        await node.AppendAsync("t", DiskNode.Record("t.a", "c3", 2));
        Assert.Equal("c2 c3 u2 n1 n2", string.Join(' ', (await FetchAsync(node, 9)).Select(one => one.Value)));
    }

    private static ConsumerBinding Binding() => new() { Id = 1, Topic = TopicName.Parse("t") };

    private static async Task<ConsumerState> StateAsync(DiskNode node) => (await node.Node.Consumers.GetAsync(Name)).State!;

    private static async Task<List<(DeliveryId Id, string Value)>> FetchAsync(DiskNode node, int max)
    {
        using var fetched = await node.Node.Consumers.FetchAsync(new FetchRequest { Consumer = Name, MaxRecords = max });
        Assert.Equal(ErrorCode.None, fetched.Error);
        var delivered = new List<(DeliveryId, string)>();
        foreach (var deliveries in fetched.Deliveries)
        {
            using var reader = new DeliveryReader(deliveries);
            while (reader.MoveNext())
                delivered.Add((reader.Id, System.Text.Encoding.UTF8.GetString(reader.Current.Value)));
        }
        return delivered;
    }

    /// <summary>Whoever uses the consumer, and what they know of it.</summary>
    private sealed class Run(DiskNode node, Random random, string seed)
    {
        private readonly Dictionary<string, DeliveryId> _out = [];
        private readonly Dictionary<string, int> _counts = [];
        private readonly HashSet<string> _done = [];
        private int _appended;

        public async Task StepAsync()
        {
            switch (random.Next(20))
            {
                case < 6:
                    await AppendAsync();
                    break;
                case < 11:
                    await TakeAsync(random.Next(1, 8));
                    break;
                case < 17:
                    await AnswerAsync();
                    break;
                case < 19:
                    node.Time.Advance(TimeSpan.FromSeconds(random.Next(20)));
                    break;
                default:
                    await node.RestartAsync();
                    break;
            }
        }

        public async Task FinishAsync()
        {
            for (var i = 0; i < 1_000 && _done.Count < _appended; i++)
            {
                await TakeAsync(50);
                while (_out.Count > 0)
                    await AnswerAsync(AckKind.Acknowledge);
                node.Time.Advance(TimeSpan.FromSeconds(31));
            }
            Assert.Equal((seed, _appended), (seed, _done.Count));
            var state = await StateAsync(node);
            Assert.Equal((seed, 0, 0), (seed, state.Waiting, state.Pending));
        }

        private async Task AppendAsync()
        {
            var values = Enumerable.Range(_appended, random.Next(1, 5)).Select(static i => $"v{i}").ToArray();
            _appended += values.Length;
            Assert.Equal(ErrorCode.None, (await node.AppendAsync("t", TestBatch.OfValues("t.a", values))).Error);
        }

        private async Task TakeAsync(int max)
        {
            foreach (var (id, value) in await FetchAsync(node, max))
            {
                Assert.False(_done.Contains(value), $"{seed}: {value} was acknowledged and came again");
                Assert.True(id.DeliveryCount > _counts.GetValueOrDefault(value), $"{seed}: {value} came again as delivery {id.DeliveryCount}");
                _counts[value] = id.DeliveryCount;
                _out[value] = id;
            }
        }

        private Task AnswerAsync() => AnswerAsync(random.Next(4) switch { 0 => AckKind.Return, 1 => AckKind.Progress, _ => AckKind.Acknowledge });

        private async Task AnswerAsync(AckKind kind)
        {
            if (_out.Count == 0)
                return;
            var (value, id) = _out.ElementAt(random.Next(_out.Count));
            var answer = new Acknowledgement(id, kind) { Delay = kind == AckKind.Return ? TimeSpan.FromSeconds(random.Next(3) * 10) : null };
            Assert.Equal(ErrorCode.None, await node.Node.Consumers.AcknowledgeAsync(Name, new[] { answer }));
            // An answer to a delivery whose time is over counts as long as there was no further one.
            if (kind == AckKind.Acknowledge)
                _done.Add(value);
            if (kind != AckKind.Progress)
                _out.Remove(value);
        }
    }
}
