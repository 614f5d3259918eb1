using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RobustMQ.Nats.Gateway.Tests;

/// <summary>A plain socket, as telnet would be. Every wait has a deadline.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly StringBuilder _received = new();
    private readonly byte[] _buffer = new byte[64 * 1024];

    public string Info { get; private set; } = string.Empty;

    /// <summary>The server's own PINGs come whenever it wants to know how far a client is away: only who waits for them sees them.</summary>
    public bool ShowsPings { get; set; }

    /// <param name="connect">Null: says nothing.</param>
    public static async Task<RawClient> ConnectAsync(IPEndPoint endPoint, string? connect)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(endPoint);
        client.Info = await client.ReadUntilAsync("\r\n");
        if (connect is not null)
        {
            await client.SendAsync($"CONNECT {connect}\r\nPING\r\n");
            await client.ReadUntilAsync("PONG\r\n");
        }
        return client;
    }

    public async Task SendAsync(string text) => await SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await _socket.SendAsync(bytes);

    /// <summary>Sends, then PING, and returns what came before the PONG.</summary>
    public async Task<string> RoundTripAsync(string text)
    {
        await SendAsync(text + "PING\r\n");
        var answer = await ReadUntilAsync("PONG\r\n");
        return answer[..^"PONG\r\n".Length];
    }

    /// <summary>What arrives up to and including the first occurrence of a text.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        using var limit = new CancellationTokenSource(Deadline);
        while (true)
        {
            var text = _received.ToString();
            var at = text.IndexOf(end, StringComparison.Ordinal);
            if (at >= 0)
            {
                _received.Remove(0, at + end.Length);
                return text[..(at + end.Length)];
            }
            if (await ReceiveAsync(limit.Token) == 0)
                throw new InvalidOperationException($"closed after: {text}");
        }
    }

    /// <summary>What arrives until the server closes.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var limit = new CancellationTokenSource(Deadline);
        while (await ReceiveAsync(limit.Token) > 0)
        {
        }
        return _received.ToString();
    }

    public void Dispose() => _socket.Dispose();

    private void DropPings()
    {
        const string Ping = "PING\r\n";
        for (var at = 0; (at = _received.ToString().IndexOf(Ping, at, StringComparison.Ordinal)) >= 0;)
        {
            if (at == 0 || _received[at - 1] == '\n')
                _received.Remove(at, Ping.Length);
            else
                at += Ping.Length;
        }
    }

    private async Task<int> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var count = await _socket.ReceiveAsync(_buffer, cancellationToken);
            _received.Append(Encoding.Latin1.GetString(_buffer, 0, count));
            if (!ShowsPings)
                DropPings();
            return count;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
