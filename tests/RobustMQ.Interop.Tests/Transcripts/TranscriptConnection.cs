using System.Net;
using System.Net.Sockets;

namespace RobustMQ.Interop.Tests.Transcripts;

/// <summary>A bare socket that reads lines. Every wait has a deadline.</summary>
internal sealed class TranscriptConnection : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly TcpClient _client = new() { NoDelay = true };
    private readonly List<byte> _received = [];
    private readonly byte[] _buffer = new byte[64 * 1024];

    public async Task ConnectAsync(IPEndPoint endPoint) => await _client.ConnectAsync(endPoint);

    /// <summary>A server that has closed already may refuse the bytes: what it said before is read all the same.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            await _client.GetStream().WriteAsync(bytes);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>The next line without its CR LF; null where the server closes first.</summary>
    public async Task<byte[]?> ReadLineAsync()
    {
        using var limit = new CancellationTokenSource(Deadline);
        while (true)
        {
            var end = EndOfLine();
            if (end >= 0)
            {
                var line = _received[..end].ToArray();
                _received.RemoveRange(0, end + 2);
                return line;
            }
            if (!await ReceiveAsync(limit.Token))
                return _received.Count == 0 ? null : throw new InvalidOperationException($"closed within a line: {TranscriptText.Encode([.. _received])}");
        }
    }

    public void Dispose() => _client.Dispose();

    private int EndOfLine()
    {
        for (var at = 0; at + 1 < _received.Count; at++)
        {
            if (_received[at] == '\r' && _received[at + 1] == '\n')
                return at;
        }
        return -1;
    }

    private async Task<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            var count = await _client.GetStream().ReadAsync(_buffer, cancellationToken);
            _received.AddRange(_buffer[..count]);
            return count > 0;
        }
        catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return false;
        }
    }
}
