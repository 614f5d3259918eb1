using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Tests.Authentication;

public sealed class UserTests
{
    private const string Violation = "-ERR 'Authorization Violation'\r\n";

    private static readonly string[] Users =
    [
        "--auth:users:0:name", "ann", "--auth:users:0:password", BCrypt.Net.BCrypt.HashPassword("secret", 4),
        "--auth:users:1:name", "bob", "--auth:users:1:password", "plain",
        "--auth:users:2:name", "robot", "--auth:users:2:token", "t0ken",
    ];

    [Theory]
    [InlineData("""{"user":"ann","pass":"secret"}""")]
    [InlineData("""{"user":"bob","pass":"plain"}""")]
    [InlineData("""{"auth_token":"t0ken"}""")]
    public async Task The_right_secret_lets_in(string connect)
    {
        await using var gateway = await GatewayFixture.StartAsync(Users);
        using var client = await RawClient.ConnectAsync(gateway.EndPoint, null);
        Assert.Contains("\"auth_required\":true", client.Info, StringComparison.Ordinal);

        await client.SendAsync($"CONNECT {connect}\r\nPING\r\n");

        Assert.EndsWith("PONG\r\n", await client.ReadUntilAsync("PONG\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"user":"ann","pass":"Secret"}""")]
    [InlineData("""{"user":"ann"}""")]
    [InlineData("""{"user":"nobody","pass":"secret"}""")]
    [InlineData("""{"user":"robot","pass":"t0ken"}""")]
    [InlineData("""{"auth_token":"secret"}""")]
    [InlineData("{}")]
    public async Task A_wrong_secret_is_a_violation_and_closes(string connect)
    {
        await using var gateway = await GatewayFixture.StartAsync(Users);
        using var client = await RawClient.ConnectAsync(gateway.EndPoint, null);

        await client.SendAsync($"CONNECT {connect}\r\nPING\r\n");

        Assert.Equal(Violation, await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Nothing_but_CONNECT_comes_first()
    {
        await using var gateway = await GatewayFixture.StartAsync(Users);
        using var client = await RawClient.ConnectAsync(gateway.EndPoint, null);

        await client.SendAsync("SUB a 1\r\n");

        Assert.Equal(Violation, await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Who_never_logs_in_is_closed()
    {
        await using var gateway = await GatewayFixture.StartAsync([.. Users, "--nats:auth_timeout", "100ms"]);
        using var client = await RawClient.ConnectAsync(gateway.EndPoint, null);

        Assert.Equal("-ERR 'Authentication Timeout'\r\n", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_client_without_credentials_is_the_no_auth_user()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            [.. Users, "--auth:no_auth_user", "bob", "--auth:users:1:permissions:publish:0", "allowed"]);
        using var client = await RawClient.ConnectAsync(gateway.EndPoint, null);
        Assert.DoesNotContain("auth_required", client.Info, StringComparison.Ordinal);

        Assert.Equal("+OK\r\n-ERR 'Permissions Violation for Publish to \"other\"'\r\n", await client.RoundTripAsync("PUB allowed 0\r\n\r\nPUB other 0\r\n\r\n"));
    }

    [Fact]
    public async Task Permissions_hold_for_publishing_subscribing_and_delivering()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            "--auth:users:0:name", "ann", "--auth:users:0:password", "p",
            "--auth:users:0:permissions:publish:deny:0", "secret.>",
            "--auth:users:0:permissions:subscribe:allow:0", "open.>",
            "--auth:users:0:permissions:subscribe:deny:0", "open.hidden");
        using var client = await gateway.ConnectAsync("""{"verbose":false,"user":"ann","pass":"p"}""");

        Assert.Equal(
            "-ERR 'Permissions Violation for Publish to \"secret.a\"'\r\n"
            + "-ERR 'Permissions Violation for Subscription to \">\"'\r\n"
            + "-ERR 'Permissions Violation for Subscription to \"open.hidden\"'\r\n"
            + "-ERR 'Permissions Violation for Subscription to \"closed\" using queue \"q\"'\r\n",
            await client.RoundTripAsync("PUB secret.a 0\r\n\r\nSUB > 1\r\nSUB open.hidden 2\r\nSUB closed q 3\r\nSUB open.> 4\r\n"));
        Assert.Equal(
            "MSG open.seen 4 2\r\nhi\r\n",
            await client.RoundTripAsync("PUB open.hidden 2\r\nno\r\nPUB open.seen 2\r\nhi\r\n"));
    }

    [Fact]
    public async Task A_responder_may_answer_each_request_once()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            "--auth:users:0:name", "service", "--auth:users:0:password", "p",
            "--auth:users:0:permissions:subscribe:0", "do",
            "--auth:users:0:permissions:allow_responses", "true",
            "--auth:users:1:name", "client", "--auth:users:1:password", "p");
        using var service = await gateway.ConnectAsync("""{"verbose":false,"user":"service","pass":"p"}""");
        using var client = await gateway.ConnectAsync("""{"verbose":false,"user":"client","pass":"p"}""");
        await service.RoundTripAsync("SUB do 1\r\n");
        await client.RoundTripAsync("SUB inbox.> 1\r\nPUB do inbox.1 0\r\n\r\n");
        await service.ReadUntilAsync("MSG do 1 inbox.1 0\r\n\r\n");

        Assert.Equal(
            "-ERR 'Permissions Violation for Publish to \"inbox.1\"'\r\n-ERR 'Permissions Violation for Publish to \"inbox.2\"'\r\n",
            await service.RoundTripAsync("PUB inbox.1 2\r\nok\r\nPUB inbox.1 2\r\nno\r\nPUB inbox.2 2\r\nno\r\n"));
        Assert.Equal("MSG inbox.1 1 2\r\nok\r\n", await client.RoundTripAsync(string.Empty));
    }

    [Fact]
    public async Task Accounts_do_not_hear_each_other_and_CONNECT_again_changes_them()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            "--auth:users:0:name", "a", "--auth:users:0:password", "p", "--auth:users:0:namespace", "A",
            "--auth:users:1:name", "b", "--auth:users:1:password", "p", "--auth:users:1:namespace", "B");
        using var a = await gateway.ConnectAsync("""{"verbose":false,"user":"a","pass":"p"}""");
        using var b = await gateway.ConnectAsync("""{"verbose":false,"user":"b","pass":"p"}""");
        await b.RoundTripAsync("SUB news 7\r\n");

        await a.RoundTripAsync("PUB news 1\r\n1\r\n");
        await a.SendAsync("CONNECT {\"verbose\":false,\"user\":\"b\",\"pass\":\"p\"}\r\n");
        await a.RoundTripAsync("PUB news 1\r\n2\r\n");

        Assert.Equal("MSG news 7 1\r\n2\r\n", await b.RoundTripAsync(string.Empty));
        Assert.Equal(["A", "B"], gateway.Storage.Records.Select(static record => record.Log.Namespace.Value));
    }

    [Fact]
    public async Task A_key_signs_the_nonce()
    {
        using var key = TestKey.User();
        using var other = TestKey.User();
        await using var gateway = await GatewayFixture.StartAsync("--auth:users:0:name", "device", "--auth:users:0:nkey", key.Public);

        using (var client = await RawClient.ConnectAsync(gateway.EndPoint, null))
        {
            await client.SendAsync($"CONNECT {Login(key.Public, key.Sign(Nonce(client)))}\r\nPING\r\n");
            await client.ReadUntilAsync("PONG\r\n");
        }
        using (var client = await RawClient.ConnectAsync(gateway.EndPoint, null))
        {
            await client.SendAsync($"CONNECT {Login(key.Public, other.Sign(Nonce(client)))}\r\nPING\r\n");
            Assert.Equal(Violation, await client.ReadToEndAsync());
        }
        using (var client = await RawClient.ConnectAsync(gateway.EndPoint, null))
        {
            await client.SendAsync($"CONNECT {Login(key.Public, key.Sign("another nonce"))}\r\nPING\r\n");
            Assert.Equal(Violation, await client.ReadToEndAsync());
        }
        using (var client = await RawClient.ConnectAsync(gateway.EndPoint, null))
        {
            await client.SendAsync($"CONNECT {Login(other.Public, other.Sign(Nonce(client)))}\r\nPING\r\n");
            Assert.Equal(Violation, await client.ReadToEndAsync());
        }
    }

    internal static string Nonce(RawClient client)
    {
        using var info = JsonDocument.Parse(client.Info["INFO ".Length..]);
        return info.RootElement.GetProperty("nonce").GetString()!;
    }

    private static string Login(string nkey, string signature) => JsonSerializer.Serialize(new { verbose = false, nkey, sig = signature });
}
