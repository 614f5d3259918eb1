using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Tests.Authentication;

public sealed class JwtTests : IDisposable
{
    private const string Violation = "-ERR 'Authorization Violation'\r\n";

    private readonly TestKey _operator = TestKey.Operator();
    private readonly TestKey _account = TestKey.Account();
    private readonly TestKey _user = TestKey.User();

    public void Dispose()
    {
        _operator.Dispose();
        _account.Dispose();
        _user.Dispose();
    }

    [Fact]
    public async Task A_user_of_a_trusted_account_gets_in()
    {
        await using var gateway = await StartAsync(AccountToken());
        using var client = await LogInAsync(gateway, _account.Token("user", _user.Public, Unlimited()));

        Assert.Equal(string.Empty, await client.RoundTripAsync("SUB a 1\r\n"));
    }

    [Fact]
    public async Task A_signature_by_anybody_else_is_refused()
    {
        using var stranger = TestKey.Account();
        await using var gateway = await StartAsync(AccountToken());

        await RefusedAsync(gateway, stranger.Token("user", _user.Public, Unlimited()));
        await RefusedAsync(gateway, stranger.Token("user", _user.Public, new { subs = -1, payload = -1, issuer_account = _account.Public }));
        var token = _account.Token("user", _user.Public, Unlimited());
        await RefusedAsync(gateway, token[..^4] + "AAAA");
        await RefusedAsync(gateway, "not.a.token");
        await RefusedAsync(gateway, string.Empty);
    }

    [Fact]
    public async Task Expired_and_revoked_users_are_refused()
    {
        var now = DateTimeOffset.UtcNow;
        await using var gateway = await StartAsync(AccountToken(new Dictionary<string, object>
        {
            ["limits"] = new { subs = -1, payload = -1, conn = -1 },
            ["revocations"] = new Dictionary<string, long> { [_user.Public] = now.ToUnixTimeSeconds() },
        }));

        await RefusedAsync(gateway, _account.Token("user", _user.Public, Unlimited(), issued: now.AddSeconds(-10)));
        await RefusedAsync(gateway, _account.Token("user", _user.Public, Unlimited(), expires: now.AddSeconds(-10), issued: now.AddSeconds(10)));
        using var client = await LogInAsync(gateway, _account.Token("user", _user.Public, Unlimited(), issued: now.AddSeconds(10)));
    }

    [Fact]
    public async Task A_connection_ends_with_its_token()
    {
        await using var gateway = await StartAsync(AccountToken());
        using var client = await LogInAsync(gateway, _account.Token("user", _user.Public, Unlimited(), expires: DateTimeOffset.UtcNow.AddSeconds(4)));

        Assert.Equal("-ERR 'User Authentication Expired'\r\n", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Limits_and_permissions_of_the_token_hold()
    {
        await using var gateway = await StartAsync(AccountToken());
        using var client = await LogInAsync(gateway, _account.Token("user", _user.Public, new
        {
            subs = 1,
            payload = 4,
            pub = new { allow = new[] { "ok.>" } },
            sub = new { deny = new[] { "no.>" } },
        }));

        Assert.Equal(
            "-ERR 'Permissions Violation for Publish to \"bad\"'\r\n-ERR 'Permissions Violation for Subscription to \"no.a\"'\r\n-ERR 'maximum subscriptions exceeded'\r\n",
            await client.RoundTripAsync("PUB ok.1 4\r\n1234\r\nPUB bad 0\r\n\r\nSUB no.a 1\r\nSUB yes 2\r\nSUB more 3\r\n"));
        await client.SendAsync("PUB ok.1 5\r\n12345\r\n");
        Assert.Equal("-ERR 'Maximum Payload Violation'\r\n", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_scoped_key_gives_its_template_with_the_users_name_in_it()
    {
        using var signer = TestKey.Account();
        await using var gateway = await StartAsync(AccountToken(new Dictionary<string, object>
        {
            ["limits"] = new { subs = -1, payload = -1, conn = -1 },
            ["signing_keys"] = new object[]
            {
                new { kind = "user_scope", key = signer.Public, template = new { subs = -1, payload = -1, pub = new { allow = new[] { "devices.{{name()}}.>", "room.{{tag(room)}}" } } } },
            },
        }));
        var claims = new { issuer_account = _account.Public, tags = new[] { "room:7", "room:8" } };
        using var client = await LogInAsync(gateway, signer.Token("user", _user.Public, claims, name: "pump"));

        Assert.Equal(
            "-ERR 'Permissions Violation for Publish to \"devices.other.x\"'\r\n-ERR 'Permissions Violation for Publish to \"room.9\"'\r\n",
            await client.RoundTripAsync("PUB devices.pump.x 0\r\n\r\nPUB devices.other.x 0\r\n\r\nPUB room.8 0\r\n\r\nPUB room.9 0\r\n\r\n"));
        await RefusedAsync(gateway, signer.Token("user", _user.Public, new { issuer_account = _account.Public, pub = new { allow = new[] { ">" } } }));
    }

    [Fact]
    public async Task A_bearer_token_needs_no_signature()
    {
        await using var gateway = await StartAsync(AccountToken());
        var token = _account.Token("user", _user.Public, new { subs = -1, payload = -1, bearer_token = true });
        using var client = await gateway.ConnectAsync(JsonSerializer.Serialize(new { verbose = false, jwt = token }));

        Assert.Equal(string.Empty, await client.RoundTripAsync("SUB a 1\r\n"));
    }

    [Fact]
    public async Task An_account_has_no_more_connections_than_it_may()
    {
        await using var gateway = await StartAsync(AccountToken(new Dictionary<string, object> { ["limits"] = new { subs = -1, payload = -1, conn = 1 } }));
        var token = _account.Token("user", _user.Public, Unlimited());
        using var first = await LogInAsync(gateway, token);

        using var second = await SendLoginAsync(gateway, token);

        Assert.Equal("-ERR 'maximum account active connections exceeded'\r\n", await second.ReadToEndAsync());
    }

    [Fact]
    public async Task Accounts_of_other_operators_stop_the_start()
    {
        using var other = TestKey.Operator();
        var token = other.Token("account", _account.Public, new { limits = new { subs = -1, payload = -1, conn = -1 } });

        var error = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(token));

        Assert.Contains("nats:account_tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains(_account.Public, error.Message, StringComparison.Ordinal);
    }

    private static object Unlimited() => new { subs = -1, data = -1, payload = -1 };

    private string AccountToken(Dictionary<string, object>? claims = null) => _operator.Token(
        "account", _account.Public, claims ?? new Dictionary<string, object> { ["limits"] = new { subs = -1, payload = -1, conn = -1 } }, name: "acme");

    private Task<GatewayFixture> StartAsync(string accountToken) =>
        GatewayFixture.StartAsync("--nats:trusted_operators:0", _operator.Public, "--nats:account_tokens:0", accountToken);

    private async Task<RawClient> SendLoginAsync(GatewayFixture gateway, string token)
    {
        var client = await RawClient.ConnectAsync(gateway.EndPoint, null);
        var connect = JsonSerializer.Serialize(new { verbose = false, jwt = token, sig = _user.Sign(UserTests.Nonce(client)) });
        await client.SendAsync($"CONNECT {connect}\r\nPING\r\n");
        return client;
    }

    private async Task<RawClient> LogInAsync(GatewayFixture gateway, string token)
    {
        var client = await SendLoginAsync(gateway, token);
        await client.ReadUntilAsync("PONG\r\n");
        return client;
    }

    private async Task RefusedAsync(GatewayFixture gateway, string token)
    {
        using var client = await SendLoginAsync(gateway, token);
        Assert.Equal(Violation, await client.ReadToEndAsync());
    }
}
