using RobustMQ.Nats.Gateway.Tests.Mq9.Support;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

/// <summary>What clients are told when the storage-node cannot do what they want.</summary>
public sealed class StorageFailureTests
{
    /// <summary>Every command that asks the storage-node, with a payload that is right.</summary>
    private static readonly (string Subject, string Payload)[] Requests =
    [
        ("MAILBOX.CREATE", """{"name":"a"}"""),
        ("MSG.SEND.a", "x"),
        ("MSG.FETCH.a", """{"deliver":"earliest"}"""),
        ("MSG.FETCH.a", """{"group_name":"g"}"""),
        ("MSG.FETCH.a", """{"group_name":"","force_deliver":true}"""),
        ("MSG.ACK.a", """{"group_name":"g","mail_address":"a","msg_id":0}"""),
        ("MSG.QUERY.a", ""),
        ("MSG.DELETE.a.0", ""),
        ("AGENT.REGISTER", """{"name":"x"}"""),
        ("AGENT.UNREGISTER", """{"name":"x"}"""),
        ("AGENT.REPORT", """{"name":"x"}"""),
        ("AGENT.DISCOVER", ""),
        ("MAILBOX.MSG.a.high", "x"),
        ("MAILBOX.LIST.a", ""),
        ("MAILBOX.DELETE.a.0", ""),
        ("PUBLIC.LIST", ""),
    ];

    [Theory]
    [InlineData(ErrorCode.Unavailable, "the storage is not available, try again")]
    [InlineData(ErrorCode.TimedOut, "the storage is not available, try again")]
    [InlineData(ErrorCode.NotLeader, "the storage is not available, try again")]
    [InlineData(ErrorCode.UnknownOutcome, "the storage was lost on the way: it may or may not have happened")]
    [InlineData(ErrorCode.DiskFailure, "the storage cannot write")]
    [InlineData(ErrorCode.TooLarge, "the message is larger than a mailbox takes")]
    [InlineData(ErrorCode.Internal, "the storage refused: Internal")]
    public async Task Every_failure_is_told_in_words_by_every_command(ErrorCode failure, string words)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        using var client = await MailClient.ConnectAsync(fixture.EndPoint, """{"verbose":false,"headers":true,"no_responders":true}""");
        fixture.Storage.Refusal = failure;

        foreach (var (subject, payload) in Requests)
            Assert.Equal($$"""{{subject}} {"error":"{{words}}"}""", $"{subject} {await client.AskAsync(subject, payload)}");
    }

    [Theory]
    [InlineData("MAILBOX.CREATE", """{"name":"a"}""", "the server holds as many mailboxes as it may")]
    [InlineData("MSG.FETCH.a", """{"group_name":"g"}""", "a limit of the server is reached")]
    [InlineData("MSG.SEND.a", "x", "a limit of the server is reached")]
    public async Task A_limit_is_told(string subject, string payload, string words)
    {
        await using var fixture = await GatewayFixture.StartAsync();
        using var client = await MailClient.ConnectAsync(fixture.EndPoint, """{"verbose":false,"headers":true,"no_responders":true}""");
        fixture.Storage.Refusal = ErrorCode.LimitExceeded;

        Assert.Equal($$"""{"error":"{{words}}"}""", await client.AskAsync(subject, payload));
    }

    [Fact]
    public async Task Groups_of_a_storage_node_without_consumers_are_refused()
    {
        await using var fixture = await GatewayFixture.StartAsync();
        using var client = await MailClient.ConnectAsync(fixture.EndPoint, """{"verbose":false,"headers":true,"no_responders":true}""");

        Assert.Equal("""{"error":"groups are not served: the storage-node keeps no consumers"}""", await client.AskAsync("MSG.FETCH.a", """{"group_name":"g"}"""));
        await client.Raw.SendAsync("SUB $mq9.AI.MAILBOX.MSG.a.* workers 7\r\n");
        Assert.Equal("-ERR 'groups are not served: the storage-node keeps no consumers'\r\n", await client.Raw.ReadUntilAsync("\r\n"));
    }
}
