using System.Globalization;
using RobustMQ.Nats.Gateway.Tests.Mq9.Support;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

/// <summary>Mailboxes end by themselves, and nothing of them is left.</summary>
public sealed class MailboxExpiryTests
{
    /// <summary>A night's run sets it to 100000.</summary>
    private const string CountVariable = "ROBUSTMQ_TEST_MAILBOXES";

    private static int Count => int.TryParse(Environment.GetEnvironmentVariable(CountVariable), CultureInfo.InvariantCulture, out var count) ? count : 500;

    private const string Group = """{"group_name":"g","deliver":"earliest","config":{"max_wait_ms":0}}""";

    [Fact]
    public async Task A_mailbox_is_gone_for_every_command_when_its_time_is_over_and_its_name_is_free()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 1, "--nats:ping_interval", "1h", "--nats:mq9:default_ttl", "20s");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a", ",\"ttl\":10,\"public\":true");
        await client.CreateAsync("b");
        await client.AskAsync("MSG.SEND.a", "old", "mq9-ttl: 100");
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(["old"], await client.TakeAsync("MSG.QUERY.a"));
        Assert.Equal(["old"], await client.TakeAsync("MSG.FETCH.a", Group));
        Assert.Equal("""{"msg_id":-1}""", await client.AskAsync("MSG.SEND.a", "never due", "mq9-delay: 3600"));

        time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal("""{"error":"mailbox a does not exist"}""", await client.AskAsync("MSG.FETCH.a", Group));
        Assert.Equal("""{"error":"mailbox a does not exist"}""", await client.AskAsync("MSG.ACK.a", """{"group_name":"g","mail_address":"a","msg_id":0}"""));
        foreach (var subject in new[] { "MSG.SEND.a", "MSG.FETCH.a", "MSG.QUERY.a", "MSG.DELETE.a.0", "MAILBOX.LIST.a", "MAILBOX.MSG.a.low" })
            Assert.Equal("""{"error":"mailbox a does not exist"}""", await client.AskAsync(subject));
        Assert.Equal("""{"mailboxes":[]}""", await client.AskAsync("PUBLIC.LIST"));
        await client.CreateAsync("a");
        Assert.Equal("""{"msg_id":0}""", await client.AskAsync("MSG.SEND.a", "new"));
        // A group of that name is another one, too.
        Assert.Equal(["new"], await client.TakeAsync("MSG.FETCH.a", Group));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("""{"error":"mailbox b does not exist"}""", await client.AskAsync("MSG.SEND.b", "the default has passed"));
    }

    [Fact]
    public async Task A_mailbox_without_an_end_stays()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 1, "--nats:ping_interval", "1h", "--nats:mq9:default_ttl", "0s");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a", ",\"ttl\":0");
        await client.CreateAsync("b");

        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("""{"msg_id":0}""", await client.AskAsync("MSG.SEND.a", "x"));
        Assert.Equal("""{"msg_id":0}""", await client.AskAsync("MSG.SEND.b", "x"));
    }

    [Fact]
    public async Task Very_many_mailboxes_come_and_go_and_nothing_is_left()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 1, "--nats:ping_interval", "1h");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("stays", ",\"ttl\":0");
        // A window of requests, so that many share one sync of the disk.
        const int Window = 250;
        for (var begin = 0; begin < Count; begin += Window)
        {
            for (var at = begin; at < begin + Window; at++)
                await client.SendAsync("MAILBOX.CREATE", $$"""{"name":"m{{at}}","ttl":60}""");
            for (var at = 0; at < Window; at++)
                Assert.StartsWith("""{"mail_address":""", await client.ReadAnswerAsync());
            for (var at = begin; at < begin + Window; at++)
                await client.SendAsync($"MSG.SEND.m{at}", "x");
            for (var at = 0; at < Window; at++)
                Assert.Equal("""{"msg_id":0}""", await client.ReadAnswerAsync());
            for (var at = begin; at < begin + Window; at++)
                await client.SendAsync($"MSG.FETCH.m{at}", Group);
            for (var at = 0; at < Window; at++)
                Assert.StartsWith("""{"messages":[{"msg_id":0,""", await client.ReadAnswerAsync());
        }
        await client.AskAsync("MSG.FETCH.stays", Group);
        Assert.Equal(Count + 1, await MailboxesAsync(node));
        Assert.Equal(Count + 1, node.Storage.Consumers.Count);

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(1, await MailboxesAsync(node));
        Assert.Equal("""{"error":"mailbox m0 does not exist"}""", await client.AskAsync("MSG.QUERY.m0"));
        await client.CreateAsync("m0");
        Assert.Equal("""{"messages":[]}""", await client.AskAsync("MSG.QUERY.m0"));
        Assert.Equal(["mq9/stays/g"], await GroupsAsync(node));
        await node.RestartAsync();
        Assert.Equal(2, await MailboxesAsync(node));
        Assert.Equal(["mq9/stays/g"], await GroupsAsync(node));
        // Gone, not only out of sight: what the storage-node has to take away it takes away by its own clock.
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return node.Storage.Consumers.Count == 1;
            },
            "the groups are gone");
    }

    private static async Task<string[]> GroupsAsync(MailNode node) =>
        [.. (await node.Storage.Consumers.ListAsync(new ConsumerQuery { Limit = 10 })).Select(state => state.Spec.Consumer.Name)];

    private static async Task<int> MailboxesAsync(MailNode node) =>
        (await node.TopicsAsync(includeInternal: true)).Count(topic => topic.Name.Value.StartsWith("_mq9.", StringComparison.Ordinal));
}
