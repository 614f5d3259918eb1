using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RobustMQ.Bench.Nats;

/// <summary>
/// One connection of the load generator: a blocking socket with large buffers and as little between it and the loops as possible, since generator and server share
/// the machine. Independent of the gateway's own protocol code, so it judges any server alike.
/// </summary>
internal sealed class NatsBenchConnection : IDisposable
{
    private const int ReceiveBytes = 256 * 1024;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
        SendBufferSize = 1 << 20,
        ReceiveBufferSize = 1 << 20,
    };

    private readonly byte[] _buffer = new byte[ReceiveBytes];
    private int _start;
    private int _end;

    public string ServerVersion { get; private set; } = string.Empty;

    /// <summary>Connects, logs in and waits for the first PONG.</summary>
    public static NatsBenchConnection Open(NatsServerAddress server, TimeSpan timeout)
    {
        var connection = new NatsBenchConnection();
        connection._socket.ReceiveTimeout = (int)timeout.TotalMilliseconds;
        connection._socket.SendTimeout = (int)timeout.TotalMilliseconds;
        connection._socket.Connect(server.Host, server.Port);
        connection.ServerVersion = ReadVersion(connection.ReadLine());
        connection.Send(Encoding.UTF8.GetBytes($"CONNECT {Login(server)}\r\nPING\r\n"));
        connection.WaitForPong();
        return connection;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>What has arrived and was not consumed; waits for more where <paramref name="needsMore"/>.</summary>
    public ReadOnlySpan<byte> Receive(bool needsMore)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (needsMore || _start == _end)
        {
            var count = _socket.Receive(_buffer.AsSpan(_end));
            if (count == 0)
                throw new IOException("the server closed the connection: " + Encoding.UTF8.GetString(_buffer.AsSpan(_start.._end)));
            _end += count;
        }
        return _buffer.AsSpan(_start.._end);
    }

    public void Consume(int bytes) => _start += bytes;

    /// <summary>Waits until everything sent before has been taken in by the server.</summary>
    public void Barrier()
    {
        Send("PING\r\n"u8);
        WaitForPong();
    }

    /// <summary>Ends blocking calls of another thread on this connection.</summary>
    public void Abort() => _socket.Dispose();

    public void Dispose() => _socket.Dispose();

    private void WaitForPong()
    {
        while (true)
        {
            var line = ReadLine();
            if (line.StartsWith("PONG", StringComparison.Ordinal))
                return;
            if (line.StartsWith("-ERR", StringComparison.Ordinal))
                throw new IOException(line);
        }
    }

    private string ReadLine()
    {
        var needsMore = false;
        while (true)
        {
            var bytes = Receive(needsMore);
            var end = bytes.IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = Encoding.UTF8.GetString(bytes[..end]).TrimEnd('\r');
                Consume(end + 1);
                return line;
            }
            needsMore = true;
        }
    }

    private static string Login(NatsServerAddress server)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteBoolean("verbose", false);
            json.WriteBoolean("pedantic", false);
            json.WriteBoolean("headers", true);
            json.WriteBoolean("no_responders", true);
            json.WriteString("lang", "robustmq-bench");
            json.WriteString("version", "1");
            json.WriteNumber("protocol", 0);
            if (server.User is not null)
                json.WriteString(server.Password is null ? "auth_token" : "user", server.User);
            if (server.Password is not null)
                json.WriteString("pass", server.Password);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string ReadVersion(string info)
    {
        using var json = JsonDocument.Parse(info["INFO ".Length..]);
        return json.RootElement.TryGetProperty("version", out var version) ? version.GetString() ?? string.Empty : string.Empty;
    }
}
