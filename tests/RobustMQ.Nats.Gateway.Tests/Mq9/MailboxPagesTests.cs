using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Nats.Gateway.Tests.Mq9.Support;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Embedded;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

public sealed class MailboxPagesTests
{
    [Fact]
    public async Task Reading_goes_on_with_what_is_left_where_messages_have_ended_since_somebody_looked()
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        await client.CreateAsync("a");
        foreach (var text in new[] { "m0", "m1", "m2" })
            await client.AskAsync("MSG.SEND.a", text);
        await using var storage = new EmbeddedStorageClient(node.Storage);
        var log = MailboxNames.LogOf(Namespace.Default, "a");
        Assert.True((await storage.Logs.DeleteAsync(new DeleteRequest { Log = log, BeforeOffset = new Offset(2) })).Succeeded);

        using var pages = new MailboxPages(new MailboxStore(storage, TimeProvider.System), log, Offset.Zero);

        Assert.True(await pages.MoveNextAsync(CancellationToken.None), $"{pages.Error}");
        Assert.Equal(new Offset(3), pages.Next);
        Assert.False(await pages.MoveNextAsync(CancellationToken.None));
        Assert.Equal(ErrorCode.None, pages.Error);
    }
}
