using System.Globalization;
using RobustMQ.Nats.Gateway.Tests.Mq9.Support;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Tests.Support;
using Xunit.Abstractions;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

/// <summary>Groups by the ten thousand, on one mailbox. A night's run sets their number, and reads from the output what one takes.</summary>
public sealed class ManyGroupsTests(ITestOutputHelper output)
{
    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("ROBUSTMQ_TEST_GROUPS"), CultureInfo.InvariantCulture, out var count) ? count : 200;

    [Fact]
    public async Task Very_many_groups_of_one_mailbox_each_get_everything_and_go_with_it()
    {
        const int Window = 100;
        // Several times what is remembered for a group that nobody fetches for.
        const int Messages = 600;
        await using var node = await MailNode.StartAsync(new ManualTime(), 1, "--nats:ping_interval", "1h");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await ForEachAsync(client, "latest", 1, """{"messages":[]}""");
        Assert.Equal(Count, node.Storage.Consumers.Count);
        var atRest = GC.GetTotalMemory(forceFullCollection: true);
        for (var begin = 0; begin < Messages; begin += Window)
        {
            for (var at = begin; at < begin + Window; at++)
                await client.SendAsync("MSG.SEND.a", $"{at}", at == Messages - 1 ? ["mq9-priority: critical"] : []);
            for (var at = begin; at < begin + Window; at++)
                Assert.StartsWith("""{"msg_id":""", await client.ReadAnswerAsync());
        }
        output.WriteLine($"a group takes {(atRest - before) / Count} bytes, {(GC.GetTotalMemory(forceFullCollection: true) - before) / Count} with {Messages} messages that wait for it");

        await ForEachAsync(client, "earliest", 1, $$"""{"messages":[{"msg_id":{{Messages - 1}},""");
        Assert.Equal(Messages, (await client.TakeAsync("MSG.FETCH.a", """{"group_name":"g0","config":{"num_msgs":10000}}""")).Length);

        await node.Storage.Topics.DeleteAsync(Namespace.Default, TopicName.Parse("_mq9.a"));
        Assert.Equal(0, node.Storage.Consumers.Count);
        await node.RestartAsync();
        Assert.Empty(await node.Storage.Consumers.ListAsync(new ConsumerQuery()));
    }

    private static async Task ForEachAsync(MailClient client, string deliver, int count, string expected)
    {
        const int Window = 100;
        for (var begin = 0; begin < Count; begin += Window)
        {
            for (var at = begin; at < begin + Window; at++)
                await client.SendAsync("MSG.FETCH.a", $$$"""{"group_name":"g{{{at}}}","deliver":"{{{deliver}}}","config":{"num_msgs":{{{count}}},"max_wait_ms":0}}""");
            for (var at = 0; at < Window; at++)
                Assert.StartsWith(expected, await client.ReadAnswerAsync());
        }
    }
}
