using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Bench.Kafka;

/// <summary>A bare socket to a broker: frames as they are, and no client that costs anything.</summary>
internal sealed class WireConnection : IDisposable
{
    private const int HeaderBytes = 14;

    private readonly TcpClient _socket;
    private byte[] _frame;

    /// <param name="frameBytes">Of most answers; larger ones are taken too.</param>
    public WireConnection(string server, int frameBytes)
    {
        var colon = server.LastIndexOf(':');
        _socket = new TcpClient(server[..colon], int.Parse(server[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture)) { NoDelay = true };
        _frame = new byte[frameBytes];
    }

    public void Send(ReadOnlySpan<byte> frame) => _socket.GetStream().Write(frame);

    /// <returns>The answer behind its correlation id, until the next one.</returns>
    public ReadOnlyMemory<byte> Receive()
    {
        var stream = _socket.GetStream();
        stream.ReadExactly(_frame, 0, sizeof(int));
        var length = BinaryPrimitives.ReadInt32BigEndian(_frame);
        if (length > _frame.Length)
            _frame = new byte[length];
        stream.ReadExactly(_frame, 0, length);
        return _frame.AsMemory(sizeof(int), length - sizeof(int));
    }

    /// <summary>A request of a version before the flexible ones, with its length and header.</summary>
    public static byte[] Frame<T>(T request, short version)
        where T : IKafkaRequest
    {
        var output = new ArrayBufferWriter<byte>();
        var header = output.GetSpan(HeaderBytes)[..HeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteInt16BigEndian(header[4..], (short)T.Api.Key);
        BinaryPrimitives.WriteInt16BigEndian(header[6..], version);
        BinaryPrimitives.WriteInt16BigEndian(header[12..], -1);
        output.Advance(header.Length);
        var writer = new WireWriter(output, version, T.Api.IsFlexible(version));
        request.Carry(ref writer);
        writer.Complete();
        var frame = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        return frame;
    }

    public static T Read<T>(ReadOnlyMemory<byte> body, KafkaApi api, short version)
        where T : IWireItem, new()
    {
        var reader = new WireReader(body, version, api.IsFlexible(version));
        var message = new T();
        message.Carry(ref reader);
        return message;
    }

    public void Dispose() => _socket.Dispose();
}
