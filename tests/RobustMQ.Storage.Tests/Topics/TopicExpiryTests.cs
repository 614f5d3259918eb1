using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Metadata;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Topics;

/// <summary>Topics with an end: gone for every call from that moment, removed soon after.</summary>
public sealed class TopicExpiryTests : IAsyncLifetime
{
    /// <summary>Retention never comes in these tests: what vanishes, vanishes by the clock alone.</summary>
    private static readonly StorageOptions NoSweeps = new() { RetentionInterval = TimeSpan.FromDays(1) };

    private static readonly TopicName Box = TopicName.Parse("box");

    private TestNode _test = null!;

    public async Task InitializeAsync() => _test = await TestNode.OpenAsync(NoSweeps);

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task A_topic_is_there_until_its_time_is_over_and_gone_for_every_call_from_then_on()
    {
        var topic = await _test.CreateAsync(TestNode.Spec("box", "box.>") with { TtlMs = 1_000 });
        Assert.Equal(_test.Time.NowMs + 1_000, topic.Spec.ExpiresAtMs);
        Assert.True((await _test.AppendAsync("box", TestBatch.Of("box.a"))).Succeeded);

        _test.Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.True((await _test.Node.Topics.GetAsync(TestNode.Ns, Box)).Succeeded);

        _test.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(ErrorCode.NotFound, (await _test.Node.Topics.GetAsync(TestNode.Ns, Box)).Error);
        Assert.Empty(await _test.Node.Topics.ListAsync(TestNode.Ns, includeInternal: false));
        Assert.Equal(ErrorCode.NotFound, (await _test.AppendAsync("box", TestBatch.Of("box.b"))).Error);
        Assert.Equal(ErrorCode.NotFound, (await _test.Node.Logs.OffsetsAsync(TestNode.Log("box"))).Error);
        using var read = await _test.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("box"), Start = ReadStart.First });
        Assert.Equal(ErrorCode.NotFound, read.Error);
        Assert.Equal(ErrorCode.NotFound, await _test.Node.Topics.DeleteAsync(TestNode.Ns, Box));
        Assert.Equal(TopicName.Live, (await _test.Node.Topics.GetBySubjectAsync(TestNode.Ns, Subject.Parse("box.a"))).Topic!.Name);
    }

    [Fact]
    public async Task The_name_and_the_subjects_of_an_expired_topic_are_free_before_it_is_removed()
    {
        var first = await _test.CreateAsync(TestNode.Spec("box", "box.>") with { TtlMs = 1_000 });
        await _test.AppendAsync("box", TestBatch.Of("box.old"));
        _test.Time.Advance(TimeSpan.FromSeconds(1));
        var second = await _test.CreateAsync("box", "box.>");
        Assert.NotEqual(first.Id, second.Id);
        Assert.Empty(await _test.ReadAsync("box"));

        await _test.CreateAsync(TestNode.Spec("other", "other.>") with { TtlMs = 1_000 });
        _test.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("next", (await _test.CreateAsync("next", "other.a")).Name.Value);
    }

    [Fact]
    public async Task The_end_is_fixed_at_the_creation()
    {
        var topic = await _test.CreateAsync(TestNode.Spec("box", "box.>") with { TtlMs = 1_000 });
        var later = await _test.Node.Topics.UpdateAsync(TestNode.Spec("box") with { TtlMs = 9_000 });
        Assert.Equal(ErrorCode.InvalidArgument, later.Error);
        var relabeled = await _test.Node.Topics.UpdateAsync(TestNode.Spec("box") with { Labels = new Dictionary<string, string> { ["a"] = "b" } });
        Assert.Equal(topic.Spec.ExpiresAtMs, relabeled.Topic!.Spec.ExpiresAtMs);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(1_000, 1)]
    [InlineData(0, 1)]
    public async Task An_end_that_cannot_be_is_refused(long ttlMs, long expiresAtMs)
    {
        var refused = await _test.Node.Topics.CreateAsync(TestNode.Spec("box") with { TtlMs = ttlMs, ExpiresAtMs = expiresAtMs });
        Assert.Equal(ErrorCode.InvalidArgument, refused.Error);
        Assert.Contains("expiry", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watches_are_told_when_an_expired_topic_is_removed_and_nothing_is_left_in_the_metadata()
    {
        var metadata = new KeptMetadata();
        await using var test = await TestNode.OpenAsync(metadata: metadata);
        for (var i = 0; i < 1_000; i++)
            await test.CreateAsync(TestNode.Spec($"box-{i}") with { TtlMs = 1_000 + i });
        await test.CreateAsync("stays");
        var before = test.Node.Topics.Revision;
        await Eventually.TrueAsync(() => test.Time.HasTimerWithin(TimeSpan.FromSeconds(2)), "retention waits");
        test.Time.Advance(TimeSpan.FromSeconds(2));
        var gone = new HashSet<string>();
        await foreach (var change in test.Node.Topics.WatchAsync(TestNode.Ns, includeInternal: false, before))
        {
            if (change.Kind == TopicEventKind.Deleted)
                gone.Add(change.Topic!.Name.Value);
            if (gone.Count == 1_000)
                break;
        }
        await Eventually.TrueAsync(() => TopicEntries(metadata) == 0, "nothing of them is left");
        Assert.Equal(["stays"], (await test.Node.Topics.ListAsync(TestNode.Ns, includeInternal: false)).Select(topic => topic.Name.Value));
    }

    [Fact]
    public async Task An_end_holds_over_a_restart()
    {
        await using var disk = await DiskNode.OpenAsync();
        await disk.CreateAsync("box", EngineKind.RocksDb, spec => spec with { TtlMs = 60_000 });
        await disk.AppendAsync("box", TestBatch.Of("box.a"));
        await disk.RestartAsync();
        Assert.Equal("value of box.a", await disk.ValuesAsync("box"));
        disk.Time.Advance(TimeSpan.FromMinutes(1));
        await disk.RestartAsync();
        Assert.Equal(ErrorCode.NotFound, (await disk.Node.Topics.GetAsync(TestNode.Ns, Box)).Error);
    }

    /// <summary>Entries that speak of a topic called box-..., or of one that is being removed.</summary>
    private static int TopicEntries(KeptMetadata metadata)
    {
        lock (metadata)
        {
            return metadata.Scan([0x10]).Count(entry => Encoding.UTF8.GetString(entry.Key).Contains("box-", StringComparison.Ordinal))
                + metadata.Scan([0x40]).Count();
        }
    }
}
