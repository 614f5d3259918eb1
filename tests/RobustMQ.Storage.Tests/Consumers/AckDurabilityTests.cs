using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>When an answer goes to the device, and what of that is stored.</summary>
public sealed class AckDurabilityTests
{
    private static readonly ConsumerRef Name = new(TestNode.Ns, "c");

    [Theory]
    [InlineData(Durability.Durable, true)]
    [InlineData(Durability.Durable, false)]
    [InlineData(Durability.Written, true)]
    [InlineData(Durability.Written, false)]
    public async Task An_answer_waits_for_a_sync_only_where_its_consumer_says_so(Durability level, bool mayBlock)
    {
        await using var node = await OpenAsync(level);
        var first = await FetchAsync(node);
        var before = Syncs(node);

        Assert.Equal(ErrorCode.None, await node.Node.Consumers.AcknowledgeAsync(Name, new[] { new Acknowledgement(first) }, mayBlock));

        Assert.Equal(level == Durability.Durable, Syncs(node) > before);
    }

    [Fact]
    public async Task What_is_written_goes_to_the_device_within_a_second_though_nobody_asks()
    {
        await using var node = await OpenAsync(Durability.Written);
        var first = await FetchAsync(node);
        var before = Syncs(node);
        Assert.Equal(ErrorCode.None, await node.Node.Consumers.AcknowledgeAsync(Name, new[] { new Acknowledgement(first) }, mayBlock: true));

        await Eventually.TrueAsync(
            () =>
            {
                node.Time.Advance(TimeSpan.FromMilliseconds(20));
                return Syncs(node) > before;
            },
            "a sync");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_written_answer_is_there_after_a_restart(bool mayBlock)
    {
        await using var node = await OpenAsync(Durability.Written);
        var first = await FetchAsync(node);
        Assert.Equal(ErrorCode.None, await node.Node.Consumers.AcknowledgeAsync(Name, new[] { new Acknowledgement(first) }, mayBlock));
        await node.RestartAsync();

        var state = (await node.Node.Consumers.GetAsync(Name)).State!;
        Assert.Equal((Durability.Written, 1), (state.Spec.AckDurability, state.Acknowledged));
        Assert.Equal(1, (await FetchAsync(node)).Offset.Value);
    }

    [Fact]
    public void A_snapshot_of_before_means_durable_answers()
    {
        using var spec = new PooledBytes();
        SpecCodec.Write(new StateWriter(spec), Spec(Durability.Written));
        using var snapshot = new PooledBytes();
        var to = new StateWriter(snapshot);
        to.Byte(1).Number(7).Number(8);
        var withoutLevel = spec.Span[..^1];
        withoutLevel.CopyTo(snapshot.GetSpan(withoutLevel.Length));
        snapshot.Advance(withoutLevel.Length);
        to.Number(1).Number(0).Number(1).Number(0).Number(1).Number(0);

        var (machine, revision, created) = ConsumerSnapshot.Read(snapshot.Span, pendingMax: 10);

        Assert.Equivalent(Spec(Durability.Durable), machine.Spec, strict: true);
        Assert.Equal((7, 8, new ConsumerTotals(1, 0, 1, 0)), (revision, created, machine.Totals));
    }

    private static ConsumerSpec Spec(Durability level) => new() { Consumer = Name, Bindings = [new ConsumerBinding { Id = 1, Topic = TopicName.Parse("t") }], AckDurability = level };

    private static async Task<DiskNode> OpenAsync(Durability level)
    {
        var node = await DiskNode.OpenAsync();
        await node.CreateAsync("t", EngineKind.RocksDb);
        Assert.Equal(ErrorCode.None, (await node.Node.Consumers.CreateAsync(Spec(level))).Error);
        await node.AppendAsync("t", TestBatch.OfValues("t.a", "1", "2"));
        return node;
    }

    private static long Syncs(DiskNode node) => node.Node.Stats.LogSyncs;

    private static async Task<DeliveryId> FetchAsync(DiskNode node)
    {
        using var fetched = await node.Node.Consumers.FetchAsync(new FetchRequest { Consumer = Name, MaxRecords = 1, MayBlock = true });
        using var reader = new DeliveryReader(Assert.Single(fetched.Deliveries));
        Assert.True(reader.MoveNext());
        return reader.Id;
    }
}
