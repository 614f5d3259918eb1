using System.Text;
using System.Text.Json;
using RobustMQ.Nats.Gateway.Tests.Mq9.Support;
using RobustMQ.Records;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

/// <summary>What a conversation on paper does not show: time, restarts, two gateways, bounds.</summary>
public sealed class MailboxTests
{
    private static readonly string[] Priorities = ["normal", "urgent", "critical", "urgent", "normal", "critical", "normal"];

    [Fact]
    public async Task The_order_is_that_of_priorities_and_arrival_for_every_fetch_size_before_and_after_a_restart()
    {
        await using var node = await MailNode.StartAsync();
        var expected = new List<string>();
        using (var client = await node.ConnectAsync())
        {
            await client.CreateAsync("a");
            for (var at = 0; at < Priorities.Length; at++)
                await client.AskAsync("MSG.SEND.a", $"{at}", $"mq9-priority: {Priorities[at]}");
            foreach (var priority in new[] { "critical", "urgent", "normal" })
                expected.AddRange(Enumerable.Range(0, Priorities.Length).Where(at => Priorities[at] == priority).Select(at => $"{at}"));
            await AssertOrderAsync(client, expected);
        }

        await node.RestartAsync();

        using var later = await node.ConnectAsync();
        await AssertOrderAsync(later, expected);
    }

    [Fact]
    public async Task A_message_is_gone_for_every_command_when_its_time_is_over()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time);
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a", ",\"ttl\":0");
        await client.AskAsync("MSG.SEND.a", "short", "mq9-ttl: 10", "mq9-key: k");
        await client.AskAsync("MSG.SEND.a", "long", "mq9-ttl: 100");
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Equal(["short", "long"], await client.TakeAsync("MSG.QUERY.a"));

        time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(["long"], await client.TakeAsync("MSG.QUERY.a"));
        Assert.Empty(await client.TakeAsync("MSG.QUERY.a", """{"key":"k"}"""));
        Assert.Equal(["long"], await client.TakeAsync("MSG.FETCH.a", """{"deliver":"earliest"}"""));
        Assert.Equal("""{"mail_id":"a","messages":[{"msg_id":"1","priority":"normal","ts":1767225600}]}""", await client.AskAsync("MAILBOX.LIST.a"));
    }

    [Fact]
    public async Task A_mailbox_is_the_same_at_every_gateway()
    {
        await using var node = await MailNode.StartAsync(TimeProvider.System, gatewayCount: 2);
        using var one = await node.ConnectAsync(0);
        using var other = await node.ConnectAsync(1);
        await one.CreateAsync("a");

        Assert.Equal("""{"error":"mailbox a already exists"}""", await other.AskAsync("MAILBOX.CREATE", """{"name":"a"}"""));
        Assert.Equal("""{"msg_id":0}""", await one.AskAsync("MSG.SEND.a", "from one"));
        Assert.Equal("""{"msg_id":1}""", await other.AskAsync("MSG.SEND.a", "from the other"));
        Assert.Equal(["from one", "from the other"], await other.TakeAsync("MSG.FETCH.a", """{"deliver":"earliest"}"""));
        await one.AskAsync("AGENT.REGISTER", """{"name":"x"}""");
        Assert.Single((await other.AskJsonAsync("AGENT.DISCOVER")).GetProperty("agents").EnumerateArray());
    }

    [Fact]
    public async Task A_fetch_waits_and_others_of_the_same_client_do_not()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        await client.CreateAsync("b");

        await client.SendAsync("MSG.FETCH.a", """{"deliver":"earliest","config":{"max_wait_ms":60000}}""");
        Assert.Equal("""{"msg_id":0}""", await client.AskAsync("MSG.SEND.b", "meanwhile"));
        await client.SendAsync("MSG.SEND.a", "come");
        var answers = new[] { await client.ReadAnswerAsync(), await client.ReadAnswerAsync() };

        Assert.Contains("""{"msg_id":0}""", answers);
        Assert.Contains(answers, answer => answer.Contains("\"payload\":\"Y29tZQ==\""));
    }

    [Fact]
    public async Task Beyond_the_bound_a_fetch_does_not_wait()
    {
        await using var node = await MailNode.StartAsync("--nats:mq9:max_waits", "0");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");

        Assert.Equal("""{"messages":[]}""", await client.AskAsync("MSG.FETCH.a", """{"deliver":"earliest","config":{"max_wait_ms":60000}}"""));
    }

    [Fact]
    public async Task Beyond_the_bound_a_subscription_is_refused_in_words()
    {
        await using var node = await MailNode.StartAsync("--nats:mq9:max_subscriptions", "0");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");

        await client.Raw.SendAsync("SUB $mq9.AI.MAILBOX.MSG.a.* 5\r\n");

        Assert.Equal("-ERR 'the server serves as many mailbox subscriptions as it may'\r\n", await client.Raw.ReadUntilAsync("\r\n"));
    }

    [Fact]
    public async Task An_answer_has_no_more_than_a_client_takes_and_the_rest_comes_after()
    {
        await using var node = await MailNode.StartAsync("--nats:max_payload", "64KiB");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        for (var at = 0; at < 10; at++)
            await client.AskAsync("MSG.SEND.a", new string((char)('0' + at), 20_000));

        var seen = new List<string>();
        while (seen.Count < 10)
        {
            var answer = await client.AskAsync("MSG.FETCH.a", $$"""{"deliver":"from_id","from_id":{{seen.Count}}}""");
            Assert.True(answer.Length <= 64 << 10, $"{answer.Length} bytes");
            seen.AddRange(JsonDocument.Parse(answer).RootElement.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("payload").GetString()!));
        }

        Assert.Equal(10, seen.Distinct().Count());
        Assert.Equal(64 << 10, Math.Max(64 << 10, (await client.AskAsync("MSG.QUERY.a")).Length));
    }

    [Fact]
    public async Task A_query_answers_with_the_newest_that_fit_and_leaves_none_of_them_out()
    {
        await using var node = await MailNode.StartAsync("--nats:max_payload", "64KiB");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        // One that would still fit lies behind one that does not.
        for (var at = 0; at < 20; at++)
            await client.AskAsync("MSG.SEND.a", $"{at:00}{new string('x', at % 2 == 0 ? 40 : 18_000)}", "mq9-tags: t");

        foreach (var query in new[] { "{}", """{"tags":["t"]}""", """{"limit":100}""" })
            Assert.Equal(["16", "17", "18", "19"], (await client.TakeAsync("MSG.QUERY.a", query)).Select(text => text[..2]));
        Assert.Equal(["18", "19"], (await client.TakeAsync("MSG.QUERY.a", """{"limit":2}""")).Select(text => text[..2]));
    }

    [Fact]
    public async Task The_list_of_public_mailboxes_has_no_more_than_a_client_takes()
    {
        await using var node = await MailNode.StartAsync("--nats:max_payload", "16KiB");
        using var client = await node.ConnectAsync();
        const int Count = 30;
        for (var at = 0; at < Count; at++)
            await client.CreateAsync($"a{at:00}", $",\"public\":true,\"desc\":\"{new string('\u00e9', 1000)}\"");

        var answer = await client.AskAsync("PUBLIC.LIST");
        Assert.InRange(Encoding.UTF8.GetByteCount(answer), 8 << 10, 16 << 10);
        Assert.Equal("a00", JsonDocument.Parse(answer).RootElement.GetProperty("mailboxes")[0].GetProperty("mail_id").GetString());
        // A subscription gets them all, one by one.
        await client.Raw.SendAsync("SUB $mq9.AI.PUBLIC.LIST 7\r\n");
        for (var at = 0; at < Count; at++)
            await client.Raw.ReadUntilAsync($"\"mail_address\":\"a{at:00}\"");
    }

    [Fact]
    public async Task Without_a_reply_subject_a_command_runs_and_a_malformed_one_is_told()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");

        await client.Raw.SendAsync("PUB $mq9.AI.MSG.SEND.a 5\r\nquiet\r\nPUB $mq9.AI.MSG.STEAL.a 0\r\n\r\n");

        Assert.Equal("-ERR 'unrecognized mq9 subject: $mq9.AI.MSG.STEAL.a'\r\n", await client.Raw.ReadUntilAsync("\r\n"));
        Assert.Equal("""{"msg_id":1}""", await client.AskAsync("MSG.SEND.a", "second"));
    }

    [Fact]
    public async Task Switched_off_its_subjects_are_anybodys()
    {
        await using var node = await MailNode.StartAsync("--nats:mq9:enabled", "false");
        using var client = await node.ConnectAsync();

        Assert.Equal("MSG $mq9.AI.MAILBOX.CREATE 9 2\r\nhi\r\n", await client.Raw.RoundTripAsync("SUB $mq9.AI.> 9\r\nPUB $mq9.AI.MAILBOX.CREATE 2\r\nhi\r\n"));
    }

    [Fact]
    public async Task A_user_does_what_it_may_publish_and_nothing_else()
    {
        await using var node = await MailNode.StartAsync(
            "--auth:users:0:name", "all", "--auth:users:0:password", "s", "--auth:users:1:name", "poor", "--auth:users:1:password", "s",
            "--auth:users:1:permissions:publish:0", "$mq9.AI.MSG.SEND.>", "--auth:users:1:permissions:subscribe:0", "_INBOX.>");
        using var all = await node.ConnectAsync(connect: """{"verbose":false,"headers":true,"user":"all","pass":"s"}""");
        using var poor = await node.ConnectAsync(connect: """{"verbose":false,"headers":true,"user":"poor","pass":"s"}""");
        await all.CreateAsync("a");

        Assert.Equal("""{"msg_id":0}""", await poor.AskAsync("MSG.SEND.a", "x"));
        Assert.Contains("Permissions Violation for Publish to", await poor.Raw.RoundTripAsync("PUB $mq9.AI.MSG.DELETE.a.0 0\r\n\r\n"));
        Assert.Contains("Permissions Violation for Subscription to", await poor.Raw.RoundTripAsync("SUB $mq9.AI.MAILBOX.MSG.a.* 8\r\n"));
        Assert.Equal(["x"], await all.TakeAsync("MSG.QUERY.a"));
    }

    [Fact]
    public async Task No_listing_and_no_subscription_to_everything_shows_a_mailbox()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        await client.Raw.RoundTripAsync("SUB *.secret 1\r\nSUB $mq9.STORE.> 2\r\nSUB _mq9.> 3\r\n");

        await client.CreateAsync("secret");
        Assert.Equal("""{"msg_id":0}""", await client.AskAsync("MSG.SEND.secret", "x"));

        Assert.Equal(string.Empty, await client.Raw.RoundTripAsync(string.Empty));
        Assert.DoesNotContain(await node.TopicsAsync(includeInternal: false), topic => topic.Name.Value.Contains("secret", StringComparison.Ordinal));
        Assert.Contains(await node.TopicsAsync(includeInternal: true), topic => topic.Name == TopicName.Parse("_mq9.secret"));
    }

    [Fact]
    public async Task The_earlier_form_delivers_what_is_stored_then_what_comes()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        foreach (var priority in new[] { "low", "normal", "high", "critical" })
            await client.AskAsync($"MAILBOX.MSG.a.{priority}", priority);

        await client.Raw.SendAsync("SUB $mq9.AI.MAILBOX.MSG.a.* 7\r\n");
        foreach (var priority in new[] { "critical", "high", "normal", "low" })
            Assert.Equal($"MSG $mq9.AI.MAILBOX.MSG.a.{priority} 7 {priority.Length}\r\n{priority}\r\n", await client.Raw.ReadUntilAsync($"\r\n{priority}\r\n"));
        await client.Raw.SendAsync("PUB $mq9.AI.MAILBOX.MSG.a.urgent 4\r\nlive\r\n");

        Assert.Equal("MSG $mq9.AI.MAILBOX.MSG.a.urgent 7 4\r\nlive\r\n", await client.Raw.ReadUntilAsync("\r\nlive\r\n"));
    }

    [Fact]
    public async Task A_subscription_to_no_mailbox_is_told()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();

        await client.Raw.SendAsync("SUB $mq9.AI.MAILBOX.MSG.none.* 7\r\n");

        Assert.Equal("-ERR 'the mailbox does not exist'\r\n", await client.Raw.ReadUntilAsync("\r\n"));
        await client.Raw.SendAsync("SUB $mq9.AI.WHAT 8\r\n");
        Assert.Equal("-ERR 'unrecognized mq9 subject: $mq9.AI.WHAT'\r\n", await client.Raw.ReadUntilAsync("\r\n"));
    }

    private static async Task AssertOrderAsync(MailClient client, List<string> expected)
    {
        for (var count = 1; count <= expected.Count + 1; count++)
            Assert.Equal(expected.Take(count), await client.TakeAsync("MSG.FETCH.a", $"{{\"deliver\":\"earliest\",\"config\":{{\"num_msgs\":{count}}}}}"));
    }
}
