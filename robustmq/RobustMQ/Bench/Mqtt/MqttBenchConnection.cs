using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace RobustMQ.Bench.Mqtt;

/// <summary>
/// One connection of the load generator, in MQTT 3.1.1: a blocking socket with large buffers. Independent of the gateway's own protocol code, so it judges any broker alike.
/// </summary>
internal sealed class MqttBenchConnection : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer;
    private int _start;
    private int _end;

    private MqttBenchConnection(int bufferBytes) => _buffer = new byte[bufferBytes];

    /// <summary>Connects and waits for the CONNACK.</summary>
    public static MqttBenchConnection Open(MqttServerAddress server, string clientId, TimeSpan timeout, int bufferBytes, bool isPersistent = false)
    {
        var connection = new MqttBenchConnection(bufferBytes);
        connection._socket.ReceiveTimeout = connection._socket.SendTimeout = (int)timeout.TotalMilliseconds;
        connection._socket.Connect(server.Host, server.Port);
        var flags = (isPersistent ? 0 : 2) | (server.User is null ? 0 : 0x80) | (server.Password is null ? 0 : 0x40);
        byte[] body = [0, 4, .. "MQTT"u8, 4, (byte)flags, 0, 0, .. Text(clientId), .. server.User is null ? [] : Text(server.User), .. server.Password is null ? [] : Text(server.Password)];
        connection.Send([0x10, .. Length(body.Length), .. body]);
        var packet = connection.ReadPacket(0x20);
        if (packet[^1] != 0)
            throw new IOException($"the broker refused the connection with code {packet[^1]}");
        return connection;
    }

    public static byte[] Publish(string topic, byte qos, int payloadBytes, bool retain = false)
    {
        byte[] body = [.. Text(topic), .. qos == 0 ? Array.Empty<byte>() : new byte[2], .. Enumerable.Repeat((byte)'x', payloadBytes)];
        return [(byte)(0x30 | (qos << 1) | (retain ? 1 : 0)), .. Length(body.Length), .. body];
    }

    public static byte[] Subscribe(IEnumerable<string> filters, byte qos)
    {
        byte[] body = [0, 1, .. filters.SelectMany(filter => Text(filter).Append(qos))];
        return [0x82, .. Length(body.Length), .. body];
    }

    /// <summary>Subscribes to filters, some at a time, and waits until the broker knows.</summary>
    public void SubscribeAll(IEnumerable<string> filters, byte qos)
    {
        foreach (var some in filters.Chunk(500))
        {
            Send(Subscribe(some, qos));
            ReadPacket(0x90);
        }
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>What has arrived and was not consumed, with more than there was where <paramref name="needsMore"/>.</summary>
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
                throw new IOException("the broker closed the connection");
            _end += count;
        }
        return _buffer.AsSpan(_start.._end);
    }

    public void Consume(int bytes) => _start += bytes;

    /// <summary>Waits until everything sent before has been taken in.</summary>
    public void Barrier()
    {
        Send([0xC0, 0]);
        ReadPacket(0xD0);
    }

    /// <summary>Says goodbye: a session that is not persistent is over when the broker closes.</summary>
    public void Leave()
    {
        Send([0xE0, 0]);
        while (_socket.Receive(_buffer) > 0)
        {
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Passes over other packets.</summary>
    private byte[] ReadPacket(byte type)
    {
        var needsMore = false;
        while (true)
        {
            var input = Receive(needsMore);
            needsMore = !PacketScanner.TryTake(input, out var length);
            if (needsMore)
                continue;
            var packet = input[..length];
            Consume(length);
            if ((packet[0] & 0xF0) == type)
                return packet.ToArray();
        }
    }

    private static byte[] Text(string text)
    {
        var bytes = new byte[2 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)Encoding.UTF8.GetBytes(text, bytes.AsSpan(2)));
        return bytes;
    }

    private static byte[] Length(int value)
    {
        var bytes = new List<byte>();
        do
        {
            bytes.Add((byte)((value & 0x7F) | (value > 0x7F ? 0x80 : 0)));
            value >>= 7;
        }
        while (value > 0);
        return [.. bytes];
    }
}
