using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Tests.Support;

/// <summary>A socket that writes packets, good and bad, and tells what comes back as lines of text. Every wait has a deadline.</summary>
internal sealed class TestClient : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly ArrayBufferWriter<byte> _packet = new();
    private byte[] _received = new byte[4096];
    private int _length;
    private MqttVersion _version;

    public static async Task<TestClient> OpenAsync(IPEndPoint endPoint, MqttVersion version)
    {
        var client = new TestClient { _version = version };
        await client._socket.ConnectAsync(endPoint);
        return client;
    }

    public async Task SendAsync(params byte[] bytes) => await _socket.SendAsync(bytes);

    public Task ConnectAsync(TestConnect connect)
    {
        new ConnectPacket
        {
            Version = _version,
            CleanStart = connect.CleanStart,
            KeepAlive = connect.KeepAlive,
            Properties = new PropertyBlock(connect.Properties),
            ClientId = Encoding.UTF8.GetBytes(connect.ClientId),
            HasWill = connect.WillTopic is not null,
            WillProperties = connect.WillProperties is { } properties ? properties.Block
                : connect.WillDelay > 0 ? new PropertyBlockBuilder().Add(PropertyId.WillDelayInterval, connect.WillDelay).Block : default,
            WillTopic = Encoding.UTF8.GetBytes(connect.WillTopic ?? ""),
            WillPayload = Encoding.UTF8.GetBytes(connect.WillPayload),
            WillQos = connect.WillQos,
            WillRetain = connect.WillRetain,
            HasUserName = connect.User is not null,
            UserName = Encoding.UTF8.GetBytes(connect.User ?? ""),
            HasPassword = connect.Password is not null,
            Password = Encoding.UTF8.GetBytes(connect.Password ?? ""),
        }.Write(_packet);
        return FlushAsync();
    }

    public Task PublishAsync(string topic, string payload, byte qos = 0, bool retain = false, ushort id = 0, bool dup = false, PropertyBlockBuilder? properties = null)
    {
        new PublishPacket
        {
            Dup = dup,
            Qos = qos,
            Retain = retain,
            Topic = Encoding.UTF8.GetBytes(topic),
            PacketId = id,
            Properties = properties is null ? default : properties.Block,
            Payload = Encoding.UTF8.GetBytes(payload),
        }.Write(_packet, _version);
        return FlushAsync();
    }

    public Task AcknowledgeAsync(PacketType type, ushort id, ReasonCode reason = ReasonCode.Success)
    {
        AckPacket.Write(_packet, type, _version, id, reason);
        return FlushAsync();
    }

    /// <summary>Subscribes, and takes the SUBACK.</summary>
    public async Task<string> SubscribeAsync(string filter, byte qos = 0, bool noLocal = false, bool asPublished = false, RetainHandling handling = RetainHandling.Send, uint identifier = 0)
    {
        var properties = new PropertyBlockBuilder();
        if (identifier > 0)
            properties.Add(PropertyId.SubscriptionIdentifier, identifier);
        SubscribePacket.Write(
            _packet, _version, 77, properties.Encoded,
            new FilterToSubscribe(Encoding.UTF8.GetBytes(filter), SubscriptionOptions.Of(qos, noLocal, asPublished, handling)));
        await FlushAsync();
        return await ReadAsync();
    }

    public async Task<string> UnsubscribeAsync(string filter)
    {
        UnsubscribePacket.Write(_packet, _version, 78, Encoding.UTF8.GetBytes(filter));
        await FlushAsync();
        return await ReadAsync();
    }

    public Task DisconnectAsync(ReasonCode reason = ReasonCode.Success, PropertyBlockBuilder? properties = null)
    {
        ReasonPacket.Write(_packet, PacketType.Disconnect, _version, reason, properties is null ? default : properties.Encoded);
        return FlushAsync();
    }

    public Task AuthenticateAsync(ReasonCode reason, PropertyBlockBuilder properties)
    {
        ReasonPacket.Write(_packet, PacketType.Auth, _version, reason, properties.Encoded);
        return FlushAsync();
    }

    /// <summary>Says goodbye and waits until the server has closed.</summary>
    public async Task LeaveAsync()
    {
        await DisconnectAsync();
        while (await ReadAsync() != "closed")
        {
        }
    }

    /// <summary>The next packet; <c>closed</c> where the server has closed.</summary>
    public async Task<string> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Deadline);
        while (true)
        {
            var status = FrameReader.TryRead(_received.AsSpan(0, _length), int.MaxValue, out var frame);
            if (status == FrameStatus.Packet)
            {
                var text = ReceivedPacket.Describe(frame, _received.AsSpan(frame.HeaderLength, frame.BodyLength), _version);
                _received.AsSpan(frame.TotalLength, _length - frame.TotalLength).CopyTo(_received);
                _length -= frame.TotalLength;
                return text;
            }
            Assert.True(status is FrameStatus.NeedsHeader or FrameStatus.NeedsBody, $"the server sent {status}");
            if (_length == _received.Length)
                Array.Resize(ref _received, _received.Length * 2);
            try
            {
                var count = await _socket.ReceiveAsync(_received.AsMemory(_length), limit.Token);
                if (count == 0)
                    return "closed";
                _length += count;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
            {
                return "closed";
            }
        }
    }

    /// <summary>What came before the answer to a PINGREQ: everything that was delivered by then.</summary>
    public async Task<IReadOnlyList<string>> ReadToPingAsync()
    {
        await SendAsync(0xC0, 0);
        var packets = new List<string>();
        while (true)
        {
            var packet = await ReadAsync();
            if (packet == "PINGRESP")
                return packets;
            packets.Add(packet);
            if (packet == "closed")
                return packets;
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task FlushAsync()
    {
        await _socket.SendAsync(_packet.WrittenMemory);
        _packet.ResetWrittenCount();
    }
}

/// <summary>What a CONNECT says.</summary>
internal sealed record TestConnect
{
    public string ClientId { get; init; } = "";

    public bool CleanStart { get; init; } = true;

    public ushort KeepAlive { get; init; }

    public byte[] Properties { get; init; } = [];

    public string? WillTopic { get; init; }

    public string WillPayload { get; init; } = "";

    public byte WillQos { get; init; }

    public bool WillRetain { get; init; }

    /// <summary>Seconds.</summary>
    public uint WillDelay { get; init; }

    /// <summary>In the place of the delay.</summary>
    public PropertyBlockBuilder? WillProperties { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }
}
