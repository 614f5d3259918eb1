using System.Text;
using System.Text.Json;
using RobustMQ.Nats.Gateway.Tests.Mq9.Support;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Embedded;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

/// <summary>What a group gets, when it gets it again, and what an acknowledgement takes with it.</summary>
public sealed class GroupTests
{
    private static readonly string[] Priorities = ["normal", "urgent", "critical", "urgent", "normal", "critical", "normal", "normal", "urgent"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_group_walks_through_a_mailbox_in_order_for_every_fetch_size_and_over_restarts(bool acknowledgesEach)
    {
        await using var node = await MailNode.StartAsync();
        var expected = new List<string>();
        using (var client = await node.ConnectAsync())
            expected = await SendMixedAsync(client);
        var seen = new List<string>[Priorities.Length + 2];
        for (var size = 1; size < seen.Length; size++)
            seen[size] = [];

        // Each size is a group of its own; one batch of each before every restart.
        for (var round = 0; round < expected.Count; round++)
        {
            using (var client = await node.ConnectAsync())
            {
                for (var size = 1; size < seen.Length; size++)
                {
                    var batch = await FetchAsync(client, $"g{size}", "earliest", size);
                    foreach (var (id, _) in acknowledgesEach ? batch : batch.TakeLast(1))
                        await AcknowledgeAsync(client, $"g{size}", id);
                    seen[size].AddRange(batch.Select(message => message.Text));
                }
            }
            await node.RestartAsync();
        }

        for (var size = 1; size < seen.Length; size++)
            Assert.Equal(expected, seen[size]);
    }

    [Fact]
    public async Task What_is_not_acknowledged_comes_again_and_what_is_does_not()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        var expected = await SendMixedAsync(client);

        var first = await FetchAsync(client, "g", "earliest", 100);
        Assert.Equal(expected, first.Select(message => message.Text));
        Assert.Equal(first, await FetchAsync(client, "g", "earliest", 100));
        await AcknowledgeAsync(client, "g", first[3].Id);
        Assert.Equal(expected[4..], (await FetchAsync(client, "g", "latest", 100)).Select(message => message.Text));
        // Never backwards.
        await AcknowledgeAsync(client, "g", first[0].Id);
        Assert.Equal(expected[4..], (await FetchAsync(client, "g", "earliest", 100)).Select(message => message.Text));
        await AcknowledgeAsync(client, "g", first[^1].Id);
        Assert.Empty(await FetchAsync(client, "g", "earliest", 100));
        // Another group has its own progress.
        Assert.Equal(expected, (await FetchAsync(client, "h", "earliest", 100)).Select(message => message.Text));
    }

    [Fact]
    public async Task An_acknowledgement_takes_what_is_more_urgent_and_was_handed_out_and_nothing_else()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        await SendAsync(client, "normal", "n0");
        await SendAsync(client, "urgent", "u1");
        await SendAsync(client, "normal", "n2");
        Assert.Equal(["u1", "n0"], (await FetchAsync(client, "g", "earliest", 2)).Select(message => message.Text));
        await SendAsync(client, "critical", "c3");

        await AcknowledgeAsync(client, "g", 0);

        Assert.Equal(["c3", "n2"], (await FetchAsync(client, "g", "earliest", 100)).Select(message => message.Text));
        await AcknowledgeAsync(client, "g", 3);
        Assert.Equal(["n2"], (await FetchAsync(client, "g", "earliest", 100)).Select(message => message.Text));
        await node.RestartAsync();
        using var later = await node.ConnectAsync();
        Assert.Equal(["n2"], (await FetchAsync(later, "g", "earliest", 100)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_group_begins_where_its_first_fetch_says()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 1, "--nats:ping_interval", "1h");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        await SendAsync(client, "normal", "old");
        time.Advance(TimeSpan.FromSeconds(10));
        var from = time.NowMs / 1000;
        await SendAsync(client, "normal", "new");
        Assert.Empty(await FetchAsync(client, "latest", "latest", 100));
        await SendAsync(client, "urgent", "newest");

        Assert.Equal(["newest"], await client.TakeAsync("MSG.FETCH.a", """{"group_name":"latest","config":{"max_wait_ms":0}}"""));
        Assert.Equal(["newest", "old", "new"], await client.TakeAsync("MSG.FETCH.a", """{"group_name":"earliest","deliver":"earliest"}"""));
        Assert.Equal(["newest", "new"], await client.TakeAsync("MSG.FETCH.a", """{"group_name":"id","deliver":"from_id","from_id":1}"""));
        Assert.Equal(["newest", "new"], await client.TakeAsync("MSG.FETCH.a", $$"""{"group_name":"time","deliver":"from_time","from_time":{{from}}}"""));
        // It has begun: what a later one says does not count.
        Assert.Equal(["newest", "new"], await client.TakeAsync("MSG.FETCH.a", """{"group_name":"id","deliver":"earliest"}"""));
    }

    [Fact]
    public async Task Forced_a_group_begins_anew_once()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        var expected = await SendMixedAsync(client);
        var first = await FetchAsync(client, "g", "earliest", 100);
        await AcknowledgeAsync(client, "g", first[^1].Id);

        Assert.Equal(expected, await client.TakeAsync("MSG.FETCH.a", """{"group_name":"g","deliver":"earliest","force_deliver":true}"""));
        await AcknowledgeAsync(client, "g", first[0].Id);

        Assert.Equal(expected[1..], await client.TakeAsync("MSG.FETCH.a", """{"group_name":"g","deliver":"earliest"}"""));
        Assert.Empty(await client.TakeAsync("MSG.FETCH.a", """{"group_name":"g","deliver":"latest","force_deliver":true,"config":{"max_wait_ms":0}}"""));
        Assert.Empty(await client.TakeAsync("MSG.FETCH.a", """{"group_name":"none","force_deliver":true,"config":{"max_wait_ms":0}}"""));
    }

    [Fact]
    public async Task The_default_group_is_where_a_fetch_wants_it_until_somebody_acknowledges()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        var expected = await SendMixedAsync(client);

        Assert.Empty(await FetchAsync(client, "", "latest", 100));
        Assert.Equal(expected, (await FetchAsync(client, "", "earliest", 100)).Select(message => message.Text));
        Assert.Empty(await FetchAsync(client, "", "latest", 100));
        await SendAsync(client, "normal", "late");
        // Nothing that comes between two of them is left out.
        Assert.Equal(["late"], (await FetchAsync(client, "", "latest", 100)).Select(message => message.Text));
        var all = await FetchAsync(client, "", "earliest", 100);
        Assert.Equal([.. expected, "late"], all.Select(message => message.Text));

        await AcknowledgeAsync(client, "", all[1].Id);

        Assert.Equal(all[2..], await FetchAsync(client, "", "earliest", 100));
        Assert.Equal(all[2..], await FetchAsync(client, "", "latest", 100));
        Assert.Equal(expected.Count + 1, (await client.TakeAsync("MSG.FETCH.a", """{"group_name":"","deliver":"earliest","force_deliver":true}""")).Length);
    }

    [Fact]
    public async Task Progress_is_shared_by_the_fetchers_of_a_group_at_every_gateway()
    {
        await using var node = await MailNode.StartAsync(TimeProvider.System, gatewayCount: 2);
        using var one = await node.ConnectAsync(0);
        using var other = await node.ConnectAsync(1);
        var expected = await SendMixedAsync(one);

        var first = await FetchAsync(one, "g", "earliest", 4);
        await AcknowledgeAsync(other, "g", first[^1].Id);

        Assert.Equal(expected[4..], (await FetchAsync(other, "g", "latest", 100)).Select(message => message.Text));
        Assert.Equal(expected[4..], (await FetchAsync(one, "g", "latest", 100)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_fetch_of_a_group_waits_and_ends_with_the_first_message()
    {
        await using var node = await MailNode.StartAsync(new ManualTime(), 2, "--nats:ping_interval", "1h");
        using var client = await node.ConnectAsync(0);
        using var sender = await node.ConnectAsync(1);
        await client.CreateAsync("a");
        Assert.Empty(await FetchAsync(client, "g", "latest", 100));

        // The clock stands: nothing but a message ends it.
        await client.SendAsync("MSG.FETCH.a", """{"group_name":"g","config":{"max_wait_ms":60000}}""");
        await SendAsync(sender, "urgent", "come");

        Assert.Equal(["come"], Texts(await client.ReadAnswerAsync()));
    }

    [Fact]
    public async Task Workers_with_leases_get_different_messages_and_what_is_not_done_comes_again()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 2, "--nats:ping_interval", "1h");
        using var one = await node.ConnectAsync(0);
        using var other = await node.ConnectAsync(1);
        var expected = await SendMixedAsync(one);
        const string Fetch = """{"group_name":"w","deliver":"earliest","config":{"num_msgs":3,"max_wait_ms":0,"lease_ms":30000}}""";

        var mine = Messages(await one.AskAsync("MSG.FETCH.a", Fetch));
        var theirs = Messages(await other.AskAsync("MSG.FETCH.a", Fetch));
        Assert.Equal(expected[..3], mine.Select(message => message.Text));
        Assert.Equal(expected[3..6], theirs.Select(message => message.Text));
        // One by one: the last done leaves those before it.
        await AcknowledgeAsync(one, "w", mine[2].Id);
        foreach (var (id, _) in theirs)
            await AcknowledgeAsync(other, "w", id);
        Assert.Equal(expected[6..9], Messages(await other.AskAsync("MSG.FETCH.a", Fetch)).Select(message => message.Text));
        time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal([expected[0], expected[1], expected[6]], Messages(await other.AskAsync("MSG.FETCH.a", Fetch)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_lease_does_not_fit_a_group_that_acknowledges_cumulatively()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        await FetchAsync(client, "g", "latest", 1);

        Assert.Equal(
            """{"error":"invalid FETCH payload: config.lease_ms: the group began without a lease and acknowledges cumulatively"}""",
            await client.AskAsync("MSG.FETCH.a", """{"group_name":"g","config":{"lease_ms":1000}}"""));
    }

    [Fact]
    public async Task Replaced_deleted_and_expired_messages_do_not_come_again()
    {
        var time = new ManualTime();
        await using var node = await MailNode.StartAsync(time, 1, "--nats:ping_interval", "1h");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        await client.AskAsync("MSG.SEND.a", "old state", "mq9-key: k");
        await client.AskAsync("MSG.SEND.a", "deleted");
        await client.AskAsync("MSG.SEND.a", "short", "mq9-ttl: 10");
        await client.AskAsync("MSG.SEND.a", "stays");
        Assert.Equal(["old state", "deleted", "short", "stays"], (await FetchAsync(client, "g", "earliest", 100)).Select(message => message.Text));

        await client.AskAsync("MSG.SEND.a", "new state", "mq9-key: k");
        await client.AskAsync("MSG.DELETE.a.1");
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["stays", "new state"], (await FetchAsync(client, "g", "earliest", 100)).Select(message => message.Text));
        Assert.Equal(["stays", "new state"], (await FetchAsync(client, "h", "earliest", 100)).Select(message => message.Text));
        await AcknowledgeAsync(client, "g", 0);
        await AcknowledgeAsync(client, "g", 4);
        Assert.Empty(await FetchAsync(client, "g", "earliest", 100));
    }

    [Fact]
    public async Task The_most_urgent_comes_first_however_much_lies_before_it()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        // Several times what the storage-node reads of a log at once.
        var large = new string('x', 500_000);
        for (var at = 0; at < 12; at++)
            await client.AskAsync("MSG.SEND.a", $"{at} {large}");
        await SendAsync(client, "critical", "help");

        Assert.Equal(["help"], (await FetchAsync(client, "g", "earliest", 1)).Select(message => message.Text));
        await node.RestartAsync();
        using var later = await node.ConnectAsync();
        Assert.Equal(["help"], (await FetchAsync(later, "g", "earliest", 1)).Select(message => message.Text));
    }

    [Fact]
    public async Task What_finds_no_room_in_an_answer_is_not_taken_for_seen()
    {
        await using var node = await MailNode.StartAsync("--nats:max_payload", "64KiB");
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        // Headers take several times their length in an answer.
        foreach (var name in new[] { "c0", "c1", "c2" })
            await client.AskAsync("MSG.SEND.a", name, "mq9-priority: critical", $"Filler: {new string('x', 6000)}");
        await SendAsync(client, "normal", "n3");
        var first = await FetchAsync(client, "g", "earliest", 100);
        Assert.Equal(["c0"], first.Select(message => message.Text));

        // As a client may that knows it from a QUERY.
        await AcknowledgeAsync(client, "g", 3);

        Assert.Equal(["c1"], (await FetchAsync(client, "g", "earliest", 100)).Select(message => message.Text));
        await AcknowledgeAsync(client, "g", 1);
        Assert.Equal(["c2"], (await FetchAsync(client, "g", "earliest", 100)).Select(message => message.Text));
        await AcknowledgeAsync(client, "g", 2);
        Assert.Empty(await FetchAsync(client, "g", "earliest", 100));
    }

    [Fact]
    public async Task A_queue_group_of_the_earlier_form_gets_each_message_once_in_order()
    {
        await using var node = await MailNode.StartAsync(TimeProvider.System, gatewayCount: 2);
        using var one = await node.ConnectAsync(0);
        using var other = await node.ConnectAsync(1);
        await one.CreateAsync("a");
        foreach (var priority in new[] { "low", "normal", "high", "critical" })
            await one.AskAsync($"MAILBOX.MSG.a.{priority}", priority);

        await one.Raw.SendAsync("SUB $mq9.AI.MAILBOX.MSG.a.* workers 7\r\n");
        foreach (var priority in new[] { "critical", "high", "normal", "low" })
            Assert.Equal($"MSG $mq9.AI.MAILBOX.MSG.a.{priority} 7 {priority.Length}\r\n{priority}\r\n", await one.Raw.ReadUntilAsync($"\r\n{priority}\r\n"));
        // Whoever was there first has left; the other one goes on where the group is.
        await one.Raw.RoundTripAsync("UNSUB 7\r\n");
        await other.Raw.SendAsync("SUB $mq9.AI.MAILBOX.MSG.a.* workers 8\r\n");
        await one.AskAsync("MAILBOX.MSG.a.urgent", "more");

        Assert.Equal("MSG $mq9.AI.MAILBOX.MSG.a.urgent 8 4\r\nmore\r\n", await other.Raw.ReadUntilAsync("\r\nmore\r\n"));
    }

    [Fact]
    public async Task What_no_member_of_a_queue_group_may_receive_holds_nothing_up()
    {
        await using var node = await MailNode.StartAsync(
            "--auth:users:0:name", "all", "--auth:users:0:password", "s", "--auth:users:1:name", "some", "--auth:users:1:password", "s",
            "--auth:users:1:permissions:subscribe:deny:0", "$mq9.AI.MAILBOX.MSG.a.critical");
        using var all = await node.ConnectAsync(connect: """{"verbose":false,"headers":true,"user":"all","pass":"s"}""");
        using var some = await node.ConnectAsync(connect: """{"verbose":false,"headers":true,"user":"some","pass":"s"}""");
        await all.CreateAsync("a");
        await all.AskAsync("MAILBOX.MSG.a.critical", "secret");
        await all.AskAsync("MAILBOX.MSG.a.normal", "first");

        await some.Raw.SendAsync("SUB $mq9.AI.MAILBOX.MSG.a.* workers 7\r\nSUB $mq9.AI.MAILBOX.MSG.a.* 8\r\n");
        var got = await some.Raw.ReadUntilAsync("\r\nfirst\r\n") + await some.Raw.ReadUntilAsync("\r\nfirst\r\n");
        await all.AskAsync("MAILBOX.MSG.a.normal", "second");
        got += await some.Raw.ReadUntilAsync("\r\nsecond\r\n") + await some.Raw.ReadUntilAsync("\r\nsecond\r\n");
        Assert.DoesNotContain("secret", got);

        // Whoever may gets it.
        await all.Raw.SendAsync("SUB $mq9.AI.MAILBOX.MSG.a.* workers 9\r\n");
        Assert.Equal("MSG $mq9.AI.MAILBOX.MSG.a.critical 9 6\r\nsecret\r\n", await all.Raw.ReadUntilAsync("\r\nsecret\r\n"));
    }

    [Theory]
    [InlineData("durable", Durability.Durable)]
    [InlineData("written", Durability.Written)]
    public async Task An_acknowledgement_is_as_durable_as_the_operator_says_and_holds_over_a_restart(string setting, Durability expected)
    {
        await using var node = await MailNode.StartAsync("--nats:mq9:ack_durability", setting);
        var sent = new List<string>();
        using (var client = await node.ConnectAsync())
        {
            sent = await SendMixedAsync(client);
            await AcknowledgeAsync(client, "g", (await FetchAsync(client, "g", "earliest", 3))[^1].Id);
        }

        await node.RestartAsync();

        Assert.Equal(expected, Assert.Single(await new EmbeddedStorageClient(node.Storage).Consumers.ListAsync(new ConsumerQuery())).Spec.AckDurability);
        using var back = await node.ConnectAsync();
        Assert.Equal(sent[3..], (await FetchAsync(back, "g", "latest", 100)).Select(message => message.Text));
    }

    private static Task<string> SendAsync(MailClient client, string priority, string payload) => client.AskAsync("MSG.SEND.a", payload, $"mq9-priority: {priority}");

    private static async Task<List<string>> SendMixedAsync(MailClient client)
    {
        await client.CreateAsync("a");
        for (var at = 0; at < Priorities.Length; at++)
            await SendAsync(client, Priorities[at], $"{at}");
        return [.. new[] { "critical", "urgent", "normal" }.SelectMany(priority => Enumerable.Range(0, Priorities.Length).Where(at => Priorities[at] == priority)).Select(at => $"{at}")];
    }

    private static async Task<(long Id, string Text)[]> FetchAsync(MailClient client, string group, string deliver, int count) =>
        Messages(await client.AskAsync("MSG.FETCH.a", $$$"""{"group_name":"{{{group}}}","deliver":"{{{deliver}}}","config":{"num_msgs":{{{count}}},"max_wait_ms":0}}"""));

    private static async Task AcknowledgeAsync(MailClient client, string group, long id) =>
        Assert.Equal("{}", await client.AskAsync("MSG.ACK.a", $$"""{"group_name":"{{group}}","mail_address":"a","msg_id":{{id}}}"""));

    private static (long Id, string Text)[] Messages(string answer) =>
        [.. JsonDocument.Parse(answer).RootElement.GetProperty("messages").EnumerateArray()
            .Select(message => (message.GetProperty("msg_id").GetInt64(), Encoding.UTF8.GetString(message.GetProperty("payload").GetBytesFromBase64())))];

    private static string[] Texts(string answer) => [.. Messages(answer).Select(message => message.Text)];
}
