using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using RobustMQ.GatewayKit.Tests;

namespace RobustMQ.Nats.Gateway.Tests;

public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public TlsTests() => _certificates.WriteServer().Dispose();

    private string[] Flags =>
        ["--nats:tls:certificate", _certificates.PathOf("server.pem"), "--nats:tls:key", _certificates.PathOf("server.key"), "--nats:tls:timeout", "30s"];

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TLS_comes_after_INFO_or_before_it(bool handshakeFirst)
    {
        await using var gateway = await GatewayFixture.StartAsync([.. Flags, "--nats:tls:handshake_first", handshakeFirst ? "true" : "false"]);
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.EndPoint);
        if (!handshakeFirst)
            Assert.Contains("\"tls_required\":true", await ReadLineAsync(socket.GetStream()), StringComparison.Ordinal);

        await using var tls = await ShakeHandsAsync(socket, null);
        if (handshakeFirst)
            Assert.StartsWith("INFO {", await ReadLineAsync(tls), StringComparison.Ordinal);
        await tls.WriteAsync("CONNECT {\"verbose\":false}\r\nSUB a 1\r\nPUB a 2\r\nhi\r\nPING\r\n"u8.ToArray());

        Assert.Equal("MSG a 1 2\r\n", await ReadLineAsync(tls));
        Assert.Equal("hi\r\n", await ReadLineAsync(tls));
        Assert.Equal("PONG\r\n", await ReadLineAsync(tls));
    }

    [Fact]
    public async Task A_client_without_a_certificate_is_dropped_where_one_is_required()
    {
        await using var gateway = await GatewayFixture.StartAsync(
            [.. Flags, "--nats:tls:ca", _certificates.AuthorityFile, "--nats:tls:client_certificates", "required", "--nats:tls:handshake_first", "true"]);
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.EndPoint);

        // TLS 1.3 lets the client believe until it reads.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using var tls = await ShakeHandsAsync(socket, null);
            Assert.NotEmpty(await ReadLineAsync(tls));
        });
    }

    [Fact]
    public async Task A_certificate_is_a_user()
    {
        using var certificate = _certificates.Issue("CN=ann,O=Example");
        await using var gateway = await GatewayFixture.StartAsync(
        [
            .. Flags, "--nats:tls:ca", _certificates.AuthorityFile, "--nats:tls:client_certificates", "required", "--nats:tls:handshake_first", "true",
            "--auth:users:0:name", "ann", "--auth:users:0:certificates:0", "CN=ann,O=Example", "--auth:users:0:permissions:publish:0", "allowed",
        ]);
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.EndPoint);
        await using var tls = await ShakeHandsAsync(socket, certificate);
        await ReadLineAsync(tls);

        await tls.WriteAsync("CONNECT {\"verbose\":false}\r\nPUB other 0\r\n\r\nPING\r\n"u8.ToArray());

        Assert.Equal("-ERR 'Permissions Violation for Publish to \"other\"'\r\n", await ReadLineAsync(tls));
    }

    [Fact]
    public async Task A_client_that_never_shakes_hands_is_closed()
    {
        await using var gateway = await GatewayFixture.StartAsync([.. Flags, "--nats:tls:timeout", "200ms", "--nats:tls:handshake_first", "true"]);
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.EndPoint);

        Assert.Equal(string.Empty, await ReadLineAsync(socket.GetStream()));
    }

    private async Task<SslStream> ShakeHandsAsync(TcpClient socket, X509Certificate2? certificate)
    {
        var tls = new SslStream(socket.GetStream());
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_certificates.Authority);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            CertificateChainPolicy = policy,
            ClientCertificates = certificate is null ? [] : [certificate],
        });
        return tls;
    }

    /// <summary>Empty where the server closed.</summary>
    private static async Task<string> ReadLineAsync(Stream stream)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length == 0 || line[^1] != '\n')
        {
            if (await stream.ReadAsync(one, limit.Token) == 0)
                break;
            line.Append((char)one[0]);
        }
        return line.ToString();
    }
}
