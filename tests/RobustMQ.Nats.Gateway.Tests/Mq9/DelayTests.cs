using RobustMQ.Nats.Gateway.Tests.Mq9.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

/// <summary>Messages that become visible later.</summary>
public sealed class DelayTests
{
    private const string WaitForIt = """{"deliver":"earliest","config":{"max_wait_ms":60000}}""";

    [Fact]
    public async Task A_delayed_message_is_seen_by_nobody_before_its_time_and_by_everybody_after_it()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 1, "--nats:ping_interval", "1h");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");

        Assert.Equal("""{"msg_id":-1}""", await client.AskAsync("MSG.SEND.a", "later", "mq9-delay: 10", "mq9-priority: critical"));
        Assert.Equal("""{"msg_id":0}""", await client.AskAsync("MSG.SEND.a", "now"));
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(["now"], await client.TakeAsync("MSG.QUERY.a"));
        Assert.Equal(["now"], await client.TakeAsync("MSG.FETCH.a", WaitForIt));
        Assert.Equal(["now"], await client.TakeAsync("MSG.FETCH.a", """{"group_name":"g","deliver":"earliest"}"""));
        await client.AskAsync("MSG.ACK.a", """{"group_name":"g","mail_address":"a","msg_id":0}""");

        await client.SendAsync("MSG.FETCH.a", """{"deliver":"from_id","from_id":1,"config":{"max_wait_ms":60000}}""");
        await client.SendAsync("MSG.FETCH.a", """{"group_name":"g","config":{"max_wait_ms":60000}}""");
        time.Advance(TimeSpan.FromSeconds(0.1));

        for (var answer = 0; answer < 2; answer++)
            Assert.Contains("\"msg_id\":1,\"payload\":\"bGF0ZXI=\",\"priority\":\"critical\"", await client.ReadAnswerAsync());
        Assert.Equal(["later", "now"], await client.TakeAsync("MSG.FETCH.a", WaitForIt));
        Assert.Equal(["now", "later"], await client.TakeAsync("MSG.QUERY.a"));
    }

    [Fact]
    public async Task A_delay_outlives_a_restart()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 1, "--nats:ping_interval", "1h");
        using (var client = await node.ConnectAsync())
        {
            await client.CreateAsync("a");
            Assert.Equal("""{"msg_id":-1}""", await client.AskAsync("MSG.SEND.a", "later", "mq9-delay: 10"));
            Assert.Equal("""{"msg_id":-1}""", await client.AskAsync("MAILBOX.MSG.a.high", "much later", "mq9-delay: 1000"));
        }

        await node.RestartAsync();

        using var again = await node.ConnectAsync();
        Assert.Empty(await again.TakeAsync("MSG.QUERY.a"));
        await again.SendAsync("MSG.FETCH.a", WaitForIt);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Contains("bGF0ZXI=", await again.ReadAnswerAsync());
        Assert.Equal(["later"], await again.TakeAsync("MSG.QUERY.a"));
    }

    [Fact]
    public async Task A_delayed_message_replaces_its_key_when_it_is_due_and_expires_by_when_it_was_sent()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 1, "--nats:ping_interval", "1h");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        await client.AskAsync("MSG.SEND.a", "old", "mq9-key: k");
        await client.AskAsync("MSG.SEND.a", "new", "mq9-key: k", "mq9-delay: 10", "mq9-ttl: 15");
        await client.AskAsync("MSG.SEND.a", "never", "mq9-delay: 10", "mq9-ttl: 5");
        Assert.Equal(["old"], await client.TakeAsync("MSG.QUERY.a"));

        await client.SendAsync("MSG.FETCH.a", """{"deliver":"from_id","from_id":1,"config":{"max_wait_ms":60000}}""");
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Contains("bmV3", await client.ReadAnswerAsync());

        Assert.Equal(["new"], await client.TakeAsync("MSG.QUERY.a"));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(await client.TakeAsync("MSG.QUERY.a"));
    }
}
