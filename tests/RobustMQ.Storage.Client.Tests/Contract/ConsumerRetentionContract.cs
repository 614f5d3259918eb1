using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Storage.Client.Tests.Support.ConsumerCalls;

namespace RobustMQ.Storage.Client.Tests.Contract;

/// <summary>Topics that keep records only as long as consumers want them.</summary>
public sealed class ConsumerRetentionContract
{
    [Theory, EveryAdapter]
    public async Task A_work_queue_keeps_what_nobody_has_done(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain(), topic => topic with { Retention = new Retention { Policy = RetentionPolicy.WorkQueue } });
        await node.AppendAsync("orders.a", "1", "2", "3", "4", "5");
        var delivered = await FetchAsync(node, 4);
        await node.AnswerAsync(AckKind.Acknowledge, delivered[0], delivered[2]);
        await KeptAsync(node, "2 4 5");
        await node.AnswerAsync(AckKind.Terminate, delivered[1]);
        await KeptAsync(node, "4 5");
        await node.Client.Consumers.PurgeAsync(Name);
        await KeptAsync(node, "4");
        await node.AnswerAsync(AckKind.Acknowledge, delivered[3]);
        await KeptAsync(node, "");
    }

    [Theory, EveryAdapter]
    public async Task Interest_keeps_what_somebody_still_wants(Adapter adapter)
    {
        await using var node = await OpenAsync(
            adapter, new ConsumerSpec { Consumer = Name, Bindings = [Binding(1, "orders.a")] }, topic => topic with { Retention = new Retention { Policy = RetentionPolicy.Interest } });
        var other = Name with { Name = "other" };
        await node.CreateAsync(new ConsumerSpec { Consumer = other, Bindings = [Binding(1, "orders.*")], AckPolicy = AckPolicy.None });
        await AppendBothAsync(node, 1);
        await AppendBothAsync(node, 2);
        await KeptAsync(node, "a1 b1 a2 b2");
        using (await node.Client.Consumers.FetchAsync(new FetchRequest { Consumer = other, MaxRecords = 2 }))
            await KeptAsync(node, "a1 a2 b2");
        await TakeAsync(node, 1);
        await KeptAsync(node, "a2 b2");
        await node.Client.Consumers.DeleteAsync(new ConsumerDelete { Consumer = other });
        await KeptAsync(node, "a2");
        await node.AppendAsync("orders.b", "unwanted");
        await KeptAsync(node, "a2");
        await node.Client.Consumers.DeleteAsync(new ConsumerDelete { Consumer = Name });
        await KeptAsync(node, "");
        await node.AppendAsync("orders.a", "for nobody");
        await KeptAsync(node, "");
    }

    [Theory, BothWays]
    public async Task A_topic_may_be_told_later_to_keep_only_what_is_wanted(Adapter adapter)
    {
        await using var node = await OpenAsync(adapter, Plain());
        await node.AppendAsync("orders.a", "1", "2", "3");
        var delivered = await TakeAsync(node, 1);
        await KeptAsync(node, "1 2 3");
        var changed = await node.Client.Topics.UpdateAsync(TestNode.Spec("orders") with { Retention = new Retention { Policy = RetentionPolicy.WorkQueue } });
        Assert.Equal((ErrorCode.None, "1"), (changed.Error, Values(delivered)));
        await KeptAsync(node, "2 3");
        await TakeAsync(node, 1);
        await KeptAsync(node, "3");
    }

    private static async Task KeptAsync(AdaptedNode node, string values)
    {
        var kept = "?";
        try
        {
            await Eventually.TrueAsync(async () => (kept = await ReadAsync(node)) == values, "the records are removed");
        }
        catch (Xunit.Sdk.TrueException)
        {
            Assert.Equal(values, kept);
        }
    }

    private static async Task<string> ReadAsync(AdaptedNode node)
    {
        using var read = await node.Client.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("orders"), Start = ReadStart.First });
        return string.Join(' ', TestBatch.Read(read.Batches.Span).Select(record => record.Value));
    }
}
