using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Bench.Kafka;

/// <summary>
/// Fetches a partition over a bare socket and looks at nothing but the next offset: what the broker gives where the client costs nothing. One fetch is always under way.
/// </summary>
internal sealed class WireFetchRunner : IDisposable
{
    private const short Version = 11;
    private const int FetchBytes = 8 << 20;
    private const int BatchLengthAt = 8;
    private const int LastOffsetDeltaAt = 23;
    private const int BatchPrefixBytes = 12;

    private readonly TcpClient _socket;
    private readonly string _topic;
    private byte[] _frame = new byte[FetchBytes + (1 << 20)];

    public WireFetchRunner(string server, string topic)
    {
        var colon = server.LastIndexOf(':');
        _socket = new TcpClient(server[..colon], int.Parse(server[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture)) { NoDelay = true };
        _topic = topic;
    }

    /// <returns>Bytes a second of record batches.</returns>
    public double Run(long records)
    {
        var (next, bytes) = (0L, 0L);
        var watch = Stopwatch.StartNew();
        while (next < records)
        {
            Send(next);
            var batches = Receive();
            if (batches.IsEmpty)
                throw new IOException("the broker does not hand out what it has stored");
            bytes += batches.Length;
            next = NextOffset(batches.Span, next);
        }
        return bytes / watch.Elapsed.TotalSeconds;
    }

    public void Dispose() => _socket.Dispose();

    private void Send(long offset)
    {
        var request = new FetchRequest
        {
            MaxWaitMs = 1000,
            MinBytes = 1,
            MaxBytes = FetchBytes,
            SessionEpoch = -1,
            Topics = [new() { Name = _topic, Partitions = [new() { Index = 0, FetchOffset = offset, MaxBytes = FetchBytes, CurrentLeaderEpoch = -1 }] }],
        };
        var output = new ArrayBufferWriter<byte>();
        var header = output.GetSpan(14)[..14];
        header.Clear();
        BinaryPrimitives.WriteInt16BigEndian(header[4..], (short)FetchRequest.Api.Key);
        BinaryPrimitives.WriteInt16BigEndian(header[6..], Version);
        BinaryPrimitives.WriteInt16BigEndian(header[12..], -1);
        output.Advance(header.Length);
        var writer = new WireWriter(output, Version, FetchRequest.Api.IsFlexible(Version));
        request.Carry(ref writer);
        writer.Complete();
        var frame = output.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - sizeof(int));
        _socket.GetStream().Write(frame);
    }

    private ReadOnlyMemory<byte> Receive()
    {
        var stream = _socket.GetStream();
        stream.ReadExactly(_frame, 0, sizeof(int));
        var length = BinaryPrimitives.ReadInt32BigEndian(_frame);
        if (length > _frame.Length)
            _frame = new byte[length];
        stream.ReadExactly(_frame, 0, length);
        var reader = new WireReader(_frame.AsMemory(sizeof(int), length - sizeof(int)), Version, FetchRequest.Api.IsFlexible(Version));
        var response = new FetchResponse();
        response.Carry(ref reader);
        return response.Topics.Count == 0 ? default : response.Topics[0].Partitions[0].Records ?? default;
    }

    /// <summary>Behind the last whole batch; a broker may cut the last one off.</summary>
    private static long NextOffset(ReadOnlySpan<byte> batches, long next)
    {
        while (batches.Length > BatchPrefixBytes && BatchPrefixBytes + BinaryPrimitives.ReadInt32BigEndian(batches[BatchLengthAt..]) is var length && length <= batches.Length)
        {
            next = BinaryPrimitives.ReadInt64BigEndian(batches) + BinaryPrimitives.ReadInt32BigEndian(batches[LastOffsetDeltaAt..]) + 1;
            batches = batches[length..];
        }
        return next;
    }
}
