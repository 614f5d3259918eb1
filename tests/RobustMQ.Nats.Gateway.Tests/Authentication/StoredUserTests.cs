using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.GatewayKit.Tests.Identity.Stored;
using RobustMQ.Nats.Gateway.Tests.Mq9.Support;
using RobustMQ.Records;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.GatewayKit.Tests.Identity.Stored.StoreChanges;

namespace RobustMQ.Nats.Gateway.Tests.Authentication;

/// <summary>Users and grants made at run time: what the store of one gateway's process changes holds for the clients of the other.</summary>
public sealed class StoredUserTests : IAsyncLifetime
{
    private const string Violation = "-ERR 'Authorization Violation'\r\n";

    private static readonly string[] Root = ["--auth:users:0:name", "root", "--auth:users:0:password", "r"];

    private MailNode _node = null!;

    /// <summary>Of the first process; the clients are the other's.</summary>
    private UserStore Store => _node.Stores[0];

    public async Task InitializeAsync() => _node = await MailNode.StartAsync(TimeProvider.System, 2, Root);

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_new_user_may_do_what_it_is_granted_from_then_on_and_nothing_before()
    {
        await Store.PutAsync("ann", "a");
        using var client = await LoginAsync("ann", "a");
        Assert.Equal(
            "-ERR 'Permissions Violation for Subscription to \"t\"'\r\n-ERR 'Permissions Violation for Publish to \"t\"'\r\n", await client.RoundTripAsync("SUB t 1\r\nPUB t 1\r\nx\r\n"));

        await Store.GrantAsync("ann", Allow("t", GrantOperation.Read), Allow("t", GrantOperation.Write));

        await Eventually.TrueAsync(async () => await client.RoundTripAsync("PUB t 1\r\nx\r\n") == string.Empty, "the open connection may publish");
        Assert.Equal("MSG t 1 1\r\ny\r\n", await client.RoundTripAsync("SUB t 1\r\nPUB t 1\r\ny\r\n"));
    }

    [Fact]
    public async Task A_denial_ends_the_subscriptions_of_open_connections_and_nothing_else()
    {
        // Before the users, so that who can log in has its grants.
        await Store.GrantAsync("ann", Allow(Grant.AnyName, GrantOperation.All));
        await Store.GrantAsync("bob", Allow(Grant.AnyName, GrantOperation.All));
        await Store.PutAsync("ann", "a");
        await Store.PutAsync("bob", "b");
        using var ann = await LoginAsync("ann", "a");
        using var bob = await LoginAsync("bob", "b");
        await ann.RoundTripAsync("SUB secret 1\r\nSUB open 2\r\nSUB * 3\r\nSUB secret q 4\r\nPUB secret 1\r\nx\r\n");
        await bob.RoundTripAsync("SUB secret 1\r\n");

        await Store.GrantAsync("ann", Allow(Grant.AnyName, GrantOperation.All), Deny("secret", GrantOperation.All));

        Assert.EndsWith("-ERR 'Permissions Violation for Subscription to \"secret\"", await ann.ReadUntilAsync("Subscription to \"secret\""), StringComparison.Ordinal);
        // Both of them are told, in no order.
        var rest = await ann.ReadUntilAsync(")'\r\n") + await ann.ReadUntilAsync(")'\r\n");
        Assert.Contains("(sid \"1\")", rest, StringComparison.Ordinal);
        Assert.Contains(" using queue \"q\" (sid \"4\")", rest, StringComparison.Ordinal);
        Assert.Equal("MSG secret 1 1\r\n1\r\n", await bob.RoundTripAsync("PUB secret 1\r\n1\r\nPUB open 1\r\n2\r\n"));
        var heard = await ann.ReadUntilAsync("MSG open 2 1\r\n2\r\n") + await ann.RoundTripAsync("PUB secret 1\r\n3\r\n");
        Assert.DoesNotContain("MSG secret", heard, StringComparison.Ordinal);
        Assert.EndsWith("-ERR 'Permissions Violation for Publish to \"secret\"'\r\n", heard, StringComparison.Ordinal);

        using var again = await LoginAsync("ann", "a");
        Assert.Equal("-ERR 'Permissions Violation for Subscription to \"secret\"'\r\n", await again.RoundTripAsync("SUB secret 1\r\n"));
    }

    [Fact]
    public async Task A_denial_ends_subscriptions_of_mailboxes_and_requests_to_them()
    {
        const string Mailbox = "$mq9.AI.MAILBOX.MSG.box";
        await Store.GrantAsync("ann", Allow(Grant.AnyName, GrantOperation.All));
        await Store.PutAsync("ann", "a");
        using var ann = await LoginAsync("ann", "a");
        using var root = await LoginAsync("root", "r");
        await root.SendAsync("SUB in 1\r\nPUB $mq9.AI.MAILBOX.CREATE in 14\r\n{\"name\":\"box\"}\r\n");
        await root.ReadUntilAsync("{\"mail_address\":\"box\"");
        await ann.SendAsync($"SUB {Mailbox} 1\r\n");
        await root.SendAsync($"PUB {Mailbox} in 1\r\n1\r\n");
        await ann.ReadUntilAsync("\r\n1\r\n");

        await Store.GrantAsync("ann", Allow(Grant.AnyName, GrantOperation.All), Deny("$mq9.", GrantOperation.All) with { IsPrefix = true });

        await ann.ReadUntilAsync($"-ERR 'Permissions Violation for Subscription to \"{Mailbox}\" (sid \"1\")'\r\n");
        await root.SendAsync($"PUB {Mailbox} in 1\r\n2\r\n");
        await root.ReadUntilAsync("{\"msg_id\":1}");
        Assert.Equal($"-ERR 'Permissions Violation for Publish to \"{Mailbox}\"'\r\n", await ann.RoundTripAsync($"PUB {Mailbox} 1\r\n3\r\n"));
    }

    [Fact]
    public async Task A_user_that_is_gone_is_thrown_out_and_cannot_log_in_and_others_stay()
    {
        await Store.PutAsync("ann", "a");
        await Store.PutAsync("bob", "b");
        using var ann = await LoginAsync("ann", "a");
        using var bob = await LoginAsync("bob", "b");
        using var root = await LoginAsync("root", "r");

        await Store.RemoveAsync("ann");

        Assert.Equal(Violation, await ann.ReadToEndAsync());
        Assert.Equal(string.Empty, await bob.RoundTripAsync(string.Empty));
        Assert.Equal(string.Empty, await root.RoundTripAsync(string.Empty));
        Assert.Equal(Violation, await FailAsync("ann", "a"));
    }

    [Fact]
    public async Task Another_password_ends_the_sessions_of_the_old_one()
    {
        await Store.PutAsync("ann", "a");
        using var client = await LoginAsync("ann", "a");

        await Store.PutAsync("ann", "b");

        Assert.Equal(Violation, await client.ReadToEndAsync());
        Assert.Equal(Violation, await FailAsync("ann", "a"));
        using var again = await LoginAsync("ann", "b");
    }

    [Fact]
    public async Task Grants_of_a_prefix_hold_for_publishing_subscribing_and_deliveries()
    {
        await Store.GrantAsync("ann", Allow("orders-", GrantOperation.All) with { IsPrefix = true }, Deny("orders-secret", GrantOperation.All) with { IsPrefix = true });
        await Store.PutAsync("ann", "a");
        using var ann = await LoginAsync("ann", "a");
        using var root = await LoginAsync("root", "r");

        Assert.Equal(
            "-ERR 'Permissions Violation for Publish to \"orders\"'\r\n-ERR 'Permissions Violation for Publish to \"orders-secret.1\"'\r\n",
            await ann.RoundTripAsync("PUB orders-eu.1 0\r\n\r\nPUB orders 0\r\n\r\nPUB orders-secret.1 0\r\n\r\n"));
        Assert.Equal(
            "-ERR 'Permissions Violation for Subscription to \"*.1\"'\r\n-ERR 'Permissions Violation for Subscription to \"orders-secret.>\"'\r\n",
            await ann.RoundTripAsync("SUB orders-eu.> 1\r\nSUB *.1 2\r\nSUB orders-secret.> 3\r\nSUB orders-secre 4\r\n"));
        await root.RoundTripAsync("PUB orders-secret.1 1\r\na\r\nPUB orders-eu.1 1\r\nb\r\n");
        Assert.Equal("MSG orders-eu.1 1 1\r\nb\r\n", await ann.RoundTripAsync(string.Empty));
    }

    [Fact]
    public async Task A_denied_prefix_within_a_wildcard_is_left_out_of_the_deliveries_of_an_open_subscription()
    {
        await Store.GrantAsync("ann", Allow(Grant.AnyName, GrantOperation.Read));
        await Store.PutAsync("ann", "a");
        using var ann = await LoginAsync("ann", "a");
        using var root = await LoginAsync("root", "r");
        await ann.RoundTripAsync("SUB > 1\r\n");

        await Store.GrantAsync("ann", Allow(Grant.AnyName, GrantOperation.Read), Deny("sec", GrantOperation.Read) with { IsPrefix = true });

        await Eventually.TrueAsync(
            async () =>
            {
                await root.RoundTripAsync("PUB secret 1\r\nx\r\nPUB end 0\r\n\r\n");
                return await ann.ReadUntilAsync("MSG end 1 0\r\n\r\n") == "MSG end 1 0\r\n\r\n";
            },
            "the subscription is there without what is denied");
    }

    [Fact]
    public async Task Who_need_not_log_in_follows_the_grants_of_its_user()
    {
        await using var node = await MailNode.StartAsync([.. Root, "--auth:users:1:name", "guest", "--auth:users:1:password", "g", "--auth:no_auth_user", "guest"]);
        using var client = await RawClient.ConnectAsync(node.EndPointOf(0), null);
        Assert.Equal("+OK\r\n", await client.RoundTripAsync("SUB t 1\r\n"));

        await node.Stores[0].Known;
        Assert.Equal(ErrorCode.None, await node.Stores[0].ChangeGrantsAsync(Namespace.Default, StoredGrants.Everybody, static _ => [Deny("t", GrantOperation.Read)]));

        Assert.Equal("-ERR 'Permissions Violation for Subscription to \"t\" (sid \"1\")'\r\n", await client.ReadUntilAsync("\r\n"));
    }

    [Fact]
    public async Task Logins_wait_until_the_users_are_known()
    {
        await using var node = await MailNode.StartWithoutStoresAsync(Root);
        using var client = await RawClient.ConnectAsync(node.EndPointOf(0), null);
        Assert.Contains("\"auth_required\":true", client.Info, StringComparison.Ordinal);
        await client.SendAsync("""CONNECT {"user":"root","pass":"r"}""" + "\r\nPING\r\n");

        await node.StartStoresAsync();

        Assert.Equal("+OK\r\nPONG\r\n", await client.ReadUntilAsync("PONG\r\n"));
    }

    [Theory]
    [InlineData("""{"user":"root","pass":"r"}""", "root")]
    [InlineData("{}", "root")]
    public async Task A_login_that_waits_for_longer_than_it_may_is_closed(string connect, string noAuthUser)
    {
        await using var node = await MailNode.StartWithoutStoresAsync([.. Root, "--auth:no_auth_user", noAuthUser, "--nats:auth_timeout", "100ms"]);
        using var client = await RawClient.ConnectAsync(node.EndPointOf(0), null);
        await client.SendAsync($"CONNECT {connect}\r\nPING\r\n");

        Assert.Equal("-ERR 'Authentication Timeout'\r\n", await client.ReadToEndAsync());
    }

    /// <summary>Until the other process has heard of the user.</summary>
    private async Task<RawClient> LoginAsync(string user, string password)
    {
        RawClient? client = null;
        await Eventually.TrueAsync(
            async () =>
            {
                client = await RawClient.ConnectAsync(_node.EndPointOf(1), null);
                await client.SendAsync(Connect(user, password));
                return await client.ReadUntilAsync("\r\n") == "PONG\r\n";
            },
            "the user logs in");
        return client!;
    }

    private async Task<string> FailAsync(string user, string password)
    {
        using var client = await RawClient.ConnectAsync(_node.EndPointOf(1), null);
        await client.SendAsync(Connect(user, password));
        return await client.ReadToEndAsync();
    }

    private static string Connect(string user, string password) => $$"""CONNECT {"verbose":false,"user":"{{user}}","pass":"{{password}}"}""" + "\r\nPING\r\n";
}
