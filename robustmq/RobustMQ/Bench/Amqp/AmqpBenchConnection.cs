using System.Buffers;
using System.Net.Sockets;
using System.Text;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Bench.Amqp;

/// <summary>One connection of the load generator with one channel: a blocking socket with large buffers.</summary>
internal sealed class AmqpBenchConnection : IDisposable
{
    public const ushort Channel = 1;
    public const int FrameMax = 128 << 10;

    private const int BufferBytes = 512 << 10;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    private AmqpBenchConnection()
    {
    }

    /// <summary>Connects, logs in and opens a channel.</summary>
    public static AmqpBenchConnection Open(AmqpServerAddress server, TimeSpan timeout)
    {
        var connection = new AmqpBenchConnection();
        connection._socket.ReceiveTimeout = connection._socket.SendTimeout = (int)timeout.TotalMilliseconds;
        connection._socket.Connect(server.Host, server.Port);
        connection.Send(ProtocolHeader.Bytes);
        connection.WaitFor(MethodId.ConnectionStart);
        connection.Send(new ConnectionStartOk { Mechanism = "PLAIN"u8, Response = Encoding.UTF8.GetBytes($"\0{server.User}\0{server.Password}"), Locale = "en_US"u8 }, 0);
        connection.WaitFor(MethodId.ConnectionTune);
        connection.Send(new ConnectionTuneOk { ChannelMax = 8, FrameMax = FrameMax, Heartbeat = 0 }, 0);
        connection.Send(new ConnectionOpen { VirtualHost = "/"u8 }, 0);
        connection.WaitFor(MethodId.ConnectionOpenOk);
        connection.Call(default(ChannelOpen), MethodId.ChannelOpenOk);
        return connection;
    }

    /// <summary>Sends a method and waits for its answer.</summary>
    public void Call<T>(in T method, MethodId answer)
        where T : IAmqpMethod<T>, allows ref struct
    {
        Send(method, Channel);
        WaitFor(answer);
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

    public void Dispose() => _socket.Dispose();

    private void Send<T>(in T method, ushort channel)
        where T : IAmqpMethod<T>, allows ref struct
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteMethod(output, channel, method);
        Send(output.WrittenSpan);
    }

    /// <summary>Passes over other frames.</summary>
    private void WaitFor(MethodId wanted)
    {
        var needsMore = false;
        while (true)
        {
            var input = Receive(needsMore);
            needsMore = AmqpFrame.TryRead(input, FrameMax, out var frame) != FrameStatus.Frame;
            if (needsMore)
                continue;
            Consume(frame.TotalBytes);
            if (frame.Type != FrameType.Method || !MethodFrame.TryRead(frame.Payload, out var method))
                continue;
            if (method.Id == wanted)
                return;
            if (method.Id is MethodId.ConnectionClose or MethodId.ChannelClose)
                throw new IOException($"the broker refused {MethodNames.Of(wanted)}: {Encoding.UTF8.GetString(method.Arguments[3..])}");
        }
    }
}
