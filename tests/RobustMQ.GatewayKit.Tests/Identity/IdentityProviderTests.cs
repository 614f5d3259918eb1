using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Tests.Identity;

public sealed class IdentityProviderTests
{
    private readonly TestClock _clock = new();

    [Fact]
    public async Task Without_users_anybody_may_connect_and_do_everything()
    {
        using var provider = Provider();

        var result = await provider.AuthenticateAsync(new Credentials { User = "x", Password = "y" });

        Assert.Equal(AuthenticationStatus.Accepted, result.Status);
        Assert.Null(result.Identity!.Permissions);
        Assert.False(provider.IsRequired);
        Assert.NotNull(provider.Anonymous);
    }

    [Fact]
    public async Task A_refused_login_is_told_with_the_name_of_a_user_and_with_nothing_else_that_was_given()
    {
        var log = new LogLines<IdentityProvider>();
        var options = new AuthOptions { Users = [new UserOptions { Name = "ann", Password = BCrypt.Net.BCrypt.HashPassword("secret", 4) }] };
        using var provider = new IdentityProvider(options, _clock, log);

        await provider.AuthenticateAsync(new Credentials { User = "ann", Password = "guess", Address = IPAddress.Loopback });
        await provider.AuthenticateAsync(new Credentials { User = "my-password", Password = "ann", Address = IPAddress.Loopback });

        Assert.Equal(["Login of user 'ann' from 127.0.0.1 was refused", "Login of nobody who is known from 127.0.0.1 was refused"], log.Lines);
    }

    [Theory]
    [InlineData("0.0.0.0", false, true)]
    [InlineData("::", false, true)]
    [InlineData("127.0.0.1", false, false)]
    [InlineData("::1", false, false)]
    [InlineData("0.0.0.0", true, false)]
    public void A_listener_that_a_network_reaches_and_nobody_logs_in_to_is_told_of(string address, bool hasUsers, bool isTold)
    {
        var log = new LogLines<IdentityProvider>();
        UserOptions[] users = hasUsers ? [new UserOptions { Name = "ann", Key = "U" }] : [];
        using var provider = new IdentityProvider(new AuthOptions { Users = users }, _clock, log);

        provider.WarnIfOpen("nats", IPAddress.Parse(address));

        Assert.Equal(isTold, log.Lines.Any(static line => line.Contains("open to everybody", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("$2a$")]
    [InlineData("$2b$")]
    [InlineData("$2y$")]
    public async Task A_password_is_checked_against_a_plain_text_or_a_hash(string kind)
    {
        var stored = kind[0] == '$' ? string.Concat(kind, BCrypt.Net.BCrypt.HashPassword("secret", 4).AsSpan(4)) : kind;
        using var provider = Provider(new UserOptions { Name = "ann", Password = stored, Namespace = Namespace.Parse("shop") });

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var right = await provider.AuthenticateAsync(new Credentials { User = "ann", Password = "secret" });
            Assert.Equal("shop", right.Identity?.Namespace.Value);
            Assert.Equal(AuthenticationStatus.Refused, await StatusAsync(provider, "ann", "Secret"));
        }
        Assert.Equal(AuthenticationStatus.Refused, await StatusAsync(provider, "bob", "secret"));
        Assert.Equal(AuthenticationStatus.Refused, await StatusAsync(provider, "ann", ""));
        Assert.Equal(AuthenticationStatus.Refused, await StatusAsync(provider, "", "secret"));
    }

    [Fact]
    public async Task A_hash_that_cannot_be_read_is_a_wrong_password()
    {
        using var provider = Provider(new UserOptions { Name = "ann", Password = "$2b$nonsense" });

        Assert.Equal(AuthenticationStatus.Refused, await StatusAsync(provider, "ann", "$2b$nonsense"));
    }

    [Fact]
    public async Task Tokens_log_in_without_a_name()
    {
        using var provider = Provider(
            new UserOptions { Name = "plain", Token = "t1" }, new UserOptions { Name = "hashed", Token = BCrypt.Net.BCrypt.HashPassword("t2", 4) });

        Assert.Equal("plain", (await provider.AuthenticateAsync(new Credentials { Token = "t1" })).Identity?.Name);
        Assert.Equal("hashed", (await provider.AuthenticateAsync(new Credentials { Token = "t2" })).Identity?.Name);
        Assert.Equal(AuthenticationStatus.Refused, (await provider.AuthenticateAsync(new Credentials { Token = "t3" })).Status);
    }

    [Fact]
    public async Task Clients_without_credentials_are_turned_away_or_are_the_user_configured_for_them()
    {
        var guest = new UserOptions { Name = "guest", Password = "x" };
        using var strict = Provider(guest);
        using var open = Provider(new AuthOptions { Users = [guest], NoAuthUser = "guest" });

        Assert.Equal(AuthenticationStatus.Refused, (await strict.AuthenticateAsync(default)).Status);
        Assert.True(strict.IsRequired);
        Assert.Equal("guest", (await open.AuthenticateAsync(default)).Identity?.Name);
        Assert.Equal("guest", open.Anonymous?.Name);
        Assert.Equal(AuthenticationStatus.Refused, await StatusAsync(open, "guest", "wrong"));
    }

    [Theory]
    [InlineData("CN=ann, O=Example")]
    [InlineData("cn=ann,O=Example")]
    [InlineData("ann.example.com")]
    [InlineData("ann@example.com")]
    [InlineData("spiffe://example/ann")]
    public async Task A_client_certificate_is_known_by_its_subject_or_its_alternative_names(string name)
    {
        using var certificates = new TestCertificates();
        using var certificate = certificates.Issue("CN=ann, O=Example", static names =>
        {
            names.AddDnsName("ann.example.com");
            names.AddEmailAddress("ann@example.com");
            names.AddUri(new Uri("spiffe://example/ann"));
        });
        using var provider = Provider(new UserOptions { Name = "ann", Certificates = [name] });
        using var stranger = certificates.Issue("CN=bob, O=Example");

        Assert.Equal("ann", (await provider.AuthenticateAsync(new Credentials { Certificate = certificate })).Identity?.Name);
        Assert.Equal(AuthenticationStatus.Refused, (await provider.AuthenticateAsync(new Credentials { Certificate = stranger })).Status);
    }

    [Fact]
    public void Public_keys_find_their_user()
    {
        using var provider = Provider(new UserOptions { Name = "ann", Key = "UABC" });

        Assert.Equal("ann", provider.FindByKey("UABC")?.Name);
        Assert.Null(provider.FindByKey("UXYZ"));
        Assert.True(provider.HasKeys);
    }

    [Fact]
    public async Task Permissions_are_the_users_own_or_the_default_ones()
    {
        using var provider = Provider(new AuthOptions
        {
            Users =
            [
                new UserOptions { Name = "own", Password = "x", Permissions = new PermissionOptions { PublishAllow = ["mine"] } },
                new UserOptions { Name = "default", Password = "x" },
            ],
            DefaultPermissions = new PermissionOptions { PublishAllow = ["common"], Responses = new ResponseAllowance(2, TimeSpan.Zero) },
        });

        var own = (await provider.AuthenticateAsync(new Credentials { User = "own", Password = "x" })).Identity!;
        var common = (await provider.AuthenticateAsync(new Credentials { User = "default", Password = "x" })).Identity!;

        Assert.True(own.Permissions!.CanPublish("mine"u8));
        Assert.Null(own.Responses);
        Assert.False(common.Permissions!.CanPublish("mine"u8));
        Assert.Equal(2, common.Responses!.MessagesMax);
    }

    [Fact]
    public async Task An_address_that_keeps_failing_waits_longer_and_longer_and_others_do_not()
    {
        using var provider = Provider(new AuthOptions
        {
            Users = [new UserOptions { Name = "ann", Password = "right" }],
            FailuresMax = 3,
            FailureBackoff = TimeSpan.FromSeconds(1),
        });
        for (var failure = 0; failure < 3; failure++)
            Assert.Equal(AuthenticationStatus.Refused, await StatusAsync(provider, "ann", "wrong", IPAddress.Loopback));

        Assert.Equal(AuthenticationStatus.Throttled, await StatusAsync(provider, "ann", "right", IPAddress.Loopback));
        Assert.Equal(AuthenticationStatus.Accepted, await StatusAsync(provider, "ann", "right", IPAddress.IPv6Loopback));

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationStatus.Refused, await StatusAsync(provider, "ann", "wrong", IPAddress.Loopback));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationStatus.Throttled, await StatusAsync(provider, "ann", "right", IPAddress.Loopback));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(AuthenticationStatus.Accepted, await StatusAsync(provider, "ann", "right", IPAddress.Loopback));
    }

    [Fact]
    public async Task A_flood_of_logins_beyond_the_queue_is_refused_without_hashing()
    {
        // None is done before all three are there.
        using var areThere = new ManualResetEventSlim();
        using var gate = new HashingGate(runningMax: 1, waitingMax: 1, (secret, candidate) =>
        {
            areThere.Wait();
            return secret.VerifyHash(candidate);
        });
        var hashed = new Secret(BCrypt.Net.BCrypt.HashPassword("right", 4));

        var first = gate.VerifyAsync(hashed, "wrong", CancellationToken.None);
        var second = gate.VerifyAsync(hashed, "right", CancellationToken.None);
        var third = gate.VerifyAsync(hashed, "right", CancellationToken.None);

        Assert.Null(await third);
        areThere.Set();
        Assert.False(await first);
        Assert.True(await second);
        Assert.True(hashed.IsKnown("right"));
    }

    private static async Task<AuthenticationStatus> StatusAsync(IdentityProvider provider, string user, string password, IPAddress? address = null) =>
        (await provider.AuthenticateAsync(new Credentials { User = user, Password = password, Address = address })).Status;

    private IdentityProvider Provider(params UserOptions[] users) => Provider(new AuthOptions { Users = users });

    private IdentityProvider Provider(AuthOptions options) => new(options, _clock, NullLogger<IdentityProvider>.Instance);
}
