using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

/// <summary>A socket that says what no client library would.</summary>
internal sealed class RawClient : IDisposable
{
    public const int FrameMax = 64 << 10;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _received = [];

    private RawClient()
    {
    }

    public static async Task<RawClient> ConnectAsync(AmqpGateway gateway)
    {
        var client = new RawClient();
        var address = new Uri(gateway.Listeners[0].Address);
        await client._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port));
        return client;
    }

    /// <summary>Logged in, with channel 1 open.</summary>
    public static async Task<RawClient> OpenAsync(AmqpGateway gateway, ushort heartbeatSeconds = 0, ushort channelMax = 10)
    {
        var client = await ConnectAsync(gateway);
        await client.LoginAsync(heartbeatSeconds, channelMax);
        await client.SendAsync(MethodFrame(1, default(ChannelOpen)));
        foreach (var expected in new[] { "connection.start", "connection.tune", "connection.open-ok", "channel.open-ok" })
            Assert.Equal(expected, await client.AnswerAsync());
        return client;
    }

    /// <summary>Everything up to the open connection, whatever is answered.</summary>
    public async Task LoginAsync(ushort heartbeatSeconds = 0, ushort channelMax = 0)
    {
        await SendAsync(ProtocolHeader.Bytes.ToArray());
        await SendAsync(LoginFrame());
        await SendAsync(MethodFrame(0, new ConnectionTuneOk { ChannelMax = channelMax, FrameMax = FrameMax, Heartbeat = heartbeatSeconds }));
        await SendAsync(MethodFrame(0, new ConnectionOpen { VirtualHost = "/"u8 }));
    }

    public static byte[] LoginFrame()
    {
        var capabilities = new FieldWriter().AddTable("capabilities", new FieldWriter().Add("authentication_failure_close", true).Add("consumer_cancel_notify", true)).ToArray();
        return MethodFrame(0, new ConnectionStartOk { ClientProperties = capabilities, Mechanism = "PLAIN"u8, Response = "\0guest\0guest"u8, Locale = "en_US"u8 });
    }

    public static byte[] MethodFrame<T>(ushort channel, in T method)
        where T : IAmqpMethod<T>, allows ref struct
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteMethod(output, channel, method);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Any frame, whatever its bytes.</summary>
    public static byte[] Frame(byte type, ushort channel, byte[] payload, byte end = 0xCE) =>
        [type, (byte)(channel >> 8), (byte)channel, .. BigEndian(payload.Length), .. payload, end];

    public static byte[] BigEndian(int number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];

    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            await _socket.SendAsync(bytes);
        }
        catch (SocketException)
        {
            // Closed by the gateway: what it said before is still to be read.
        }
    }

    /// <summary>The next frame as text: a method's name, <c>close CODE TEXT</c> or <c>channel-close CODE TEXT</c>, <c>channel.flow-ok active=BOOL</c>, <c>heartbeat</c>, <c>header</c>, or <c>(end)</c>.</summary>
    public async Task<string> AnswerAsync()
    {
        var buffer = new byte[64 << 10];
        using var deadline = new CancellationTokenSource(AmqpCluster.Deadline);
        while (true)
        {
            if (TryTake(out var answer))
                return answer;
            var count = 0;
            try
            {
                count = await _socket.ReceiveAsync(buffer.AsMemory(), deadline.Token);
            }
            catch (SocketException)
            {
            }
            if (count == 0)
                return "(end)";
            _received = [.. _received, .. buffer[..count]];
        }
    }

    public void Dispose() => _socket.Dispose();

    private bool TryTake(out string answer)
    {
        answer = "header";
        if (_received.AsSpan().StartsWith("AMQP"u8))
        {
            _received = _received[ProtocolHeader.Size..];
            return true;
        }
        if (AmqpFrame.TryRead(_received, int.MaxValue, out var frame) != FrameStatus.Frame)
            return false;
        answer = Describe(frame);
        _received = _received[frame.TotalBytes..];
        return true;
    }

    private static string Describe(in AmqpFrame frame)
    {
        if (frame.Type == FrameType.Heartbeat)
            return "heartbeat";
        if (frame.Type != FrameType.Method || !Protocol.Frames.MethodFrame.TryRead(frame.Payload, out var method))
            return frame.Type.ToString();
        if (method.Id == MethodId.ConnectionClose && ConnectionClose.TryRead(method.Arguments, out var close))
            return $"close {close.ReplyCode} {Encoding.UTF8.GetString(close.ReplyText)}";
        if (method.Id == MethodId.ChannelClose && ChannelClose.TryRead(method.Arguments, out var end))
            return $"channel-close {end.ReplyCode} {Encoding.UTF8.GetString(end.ReplyText)}";
        if (method.Id == MethodId.ChannelFlowOk && ChannelFlowOk.TryRead(method.Arguments, out var flow))
            return $"channel.flow-ok active={flow.Active}";
        return MethodNames.Of(method.Id)!;
    }
}
