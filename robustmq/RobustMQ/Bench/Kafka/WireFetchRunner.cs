using System.Buffers.Binary;
using System.Diagnostics;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Bench.Kafka;

/// <summary>
/// Fetches a partition over a bare socket and looks at nothing but the next offset: what the broker gives where the client costs nothing. One fetch is always under way.
/// </summary>
internal sealed class WireFetchRunner(string server, string topic) : IDisposable
{
    private const short Version = 11;
    private const int FetchBytes = 8 << 20;
    private const int BatchLengthAt = 8;
    private const int LastOffsetDeltaAt = 23;
    private const int BatchPrefixBytes = 12;

    private readonly WireConnection _connection = new(server, FetchBytes + (1 << 20));

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

    public void Dispose() => _connection.Dispose();

    private void Send(long offset)
    {
        var request = new FetchRequest
        {
            MaxWaitMs = 1000,
            MinBytes = 1,
            MaxBytes = FetchBytes,
            SessionEpoch = -1,
            Topics = [new() { Name = topic, Partitions = [new() { Index = 0, FetchOffset = offset, MaxBytes = FetchBytes, CurrentLeaderEpoch = -1 }] }],
        };
        _connection.Send(WireConnection.Frame(request, Version));
    }

    private ReadOnlyMemory<byte> Receive()
    {
        var response = WireConnection.Read<FetchResponse>(_connection.Receive(), FetchRequest.Api, Version);
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
