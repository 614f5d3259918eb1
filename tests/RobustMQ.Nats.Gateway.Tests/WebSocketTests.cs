using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using RobustMQ.GatewayKit.Tests;

namespace RobustMQ.Nats.Gateway.Tests;

public sealed class WebSocketTests
{
    [Fact]
    public async Task A_WebSocket_speaks_the_same_protocol()
    {
        await using var gateway = await GatewayFixture.StartAsync("--nats:websocket:port", "0");
        using var tcp = await gateway.ConnectAsync();
        await tcp.RoundTripAsync("SUB from.browser 1\r\n");
        using var browser = await ConnectAsync(gateway);
        Assert.StartsWith("INFO {", await ReadUntilAsync(browser, "\r\n"), StringComparison.Ordinal);

        // Split across messages: the protocol does not care where they end.
        await SendAsync(browser, "CONNECT {\"verbose\":false}\r\nSUB to.browser 7\r\nPUB from.brow");
        await SendAsync(browser, "ser 2\r\nhi\r\nPING\r\n");

        Assert.EndsWith("PONG\r\n", await ReadUntilAsync(browser, "PONG\r\n"), StringComparison.Ordinal);
        Assert.Equal("MSG from.browser 1 2\r\nhi\r\n", await tcp.ReadUntilAsync("hi\r\n"));
        await tcp.RoundTripAsync("PUB to.browser 3\r\nhey\r\n");
        Assert.EndsWith("MSG to.browser 7 3\r\nhey\r\n", await ReadUntilAsync(browser, "hey\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_other_origins_are_turned_away()
    {
        await using var gateway = await GatewayFixture.StartAsync("--nats:websocket:port", "0", "--nats:websocket:allowed_origins", "https://app.example");
        using (await ConnectAsync(gateway, options => options.SetRequestHeader("Origin", "https://app.example")))
        {
        }

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(gateway, options => options.SetRequestHeader("Origin", "https://evil.example")));
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secure_WebSocket_works_and_its_certificate_logs_in()
    {
        using var certificates = new TestCertificates();
        using var server = certificates.WriteServer();
        using var client = certificates.Issue("CN=ann,O=Example");
        await using var gateway = await GatewayFixture.StartAsync(
            "--nats:websocket:port", "0",
            "--nats:websocket:tls:certificate", certificates.PathOf("server.pem"), "--nats:websocket:tls:key", certificates.PathOf("server.key"),
            "--nats:websocket:tls:ca", certificates.AuthorityFile,
            "--nats:websocket:tls:client_certificates", "required",
            "--auth:users:0:name", "ann", "--auth:users:0:certificates:0", "CN=ann,O=Example");

        using var browser = await ConnectAsync(gateway, options =>
        {
            options.ClientCertificates = new X509Certificate2Collection(client);
            options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        });
        await SendAsync(browser, "CONNECT {\"verbose\":false}\r\nPING\r\n");

        Assert.EndsWith("PONG\r\n", await ReadUntilAsync(browser, "PONG\r\n"), StringComparison.Ordinal);
    }

    private static async Task<ClientWebSocket> ConnectAsync(GatewayFixture gateway, Action<ClientWebSocketOptions>? configure = null)
    {
        var socket = new ClientWebSocket();
        configure?.Invoke(socket.Options);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await socket.ConnectAsync(new Uri(gateway.Gateway.Listeners.Single(listener => listener.Name == "nats-ws").Address), limit.Token);
        return socket;
    }

    private static Task SendAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.ASCII.GetBytes(text), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    private static async Task<string> ReadUntilAsync(ClientWebSocket socket, string end)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(buffer, limit.Token);
            Assert.Equal(WebSocketMessageType.Binary, received.MessageType);
            text.Append(Encoding.ASCII.GetString(buffer, 0, received.Count));
        }
        return text.ToString();
    }
}
