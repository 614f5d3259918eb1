using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using RobustMQ.GatewayKit.Tests;
using RobustMQ.Hosting.Listeners;
using RobustMQ.Records;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Reconnect;

public sealed class TlsTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private TestNode _node = null!;
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        using var certificate = _certificates.WriteServer();
        var tls = new TlsOptions
        {
            CertificateFile = _certificates.PathOf("server.pem"),
            KeyFile = _certificates.PathOf("server.key"),
            AuthorityFile = null,
            ClientCertificates = ClientCertificateMode.None,
            HandshakeTimeout = TimeSpan.FromSeconds(5),
        };
        _node = await TestNode.OpenAsync();
        _server = await TestServer.StartAsync(_node.Node, configure: given => given with { Listener = given.Listener with { Tls = tls } });
        await _node.CreateAsync("t");
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _node.DisposeAsync();
        _certificates.Dispose();
    }

    [Fact]
    public async Task A_node_with_a_certificate_is_reached_by_those_who_trust_its_authority()
    {
        await using var client = AdaptedNode.NewClient($"https://127.0.0.1:{_server.Port}", given => given with { Tls = Trusting() });
        Assert.True((await client.AppendAsync("t", TestBatch.Of("a"))).Succeeded);
    }

    [Fact]
    public async Task A_node_whose_authority_is_unknown_is_not_spoken_to()
    {
        await using var client = AdaptedNode.NewClient(
            $"https://127.0.0.1:{_server.Port}", static given => given with { FailFastAfter = TimeSpan.FromMilliseconds(100) });
        Assert.Equal(ErrorCode.Unavailable, (await client.AppendAsync("t", TestBatch.Of("a"))).Error);
        Assert.Empty(await _node.ReadAsync("t"));
    }

    [Fact]
    public async Task A_handshake_that_hears_nothing_is_given_up_and_made_again()
    {
        await using var proxy = new CuttingProxy(_server.Port, int.MaxValue, seed: 1);
        proxy.LeaveAlone();
        proxy.Hold();
        await using var client = AdaptedNode.NewClient(
            $"https://127.0.0.1:{new Uri(proxy.Address).Port}",
            given => given with { Tls = Trusting(), ConnectTimeout = TimeSpan.FromSeconds(1), FailFastAfter = Limits.Deadline });
        var append = client.AppendAsync("t", TestBatch.Of("a"));
        await Eventually.TrueAsync(() => proxy.Accepted > 3, "several attempts");
        proxy.Release();
        Assert.True((await append).Succeeded);
    }

    private SslClientAuthenticationOptions Trusting() => new()
    {
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _certificates.Authority },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };
}
