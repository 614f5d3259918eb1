using System.Buffers.Binary;
using System.Diagnostics;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Bench.Kafka;

/// <summary>
/// Fetches partitions over a bare socket and looks at nothing but the next offsets: what the broker gives where the client costs nothing. One fetch is always under way, of all
/// partitions that have more, which take turns at coming first, as clients do it.
/// </summary>
internal sealed class WireFetchRunner(string server, string topic, int partitions) : IDisposable
{
    private const short Version = 11;
    private const int FetchBytes = 8 << 20;

    /// <summary>As clients ask by default where there are many.</summary>
    private const int PartitionBytes = 1 << 20;

    private const int BatchLengthAt = 8;
    private const int LastOffsetDeltaAt = 23;
    private const int BatchPrefixBytes = 12;

    private readonly WireConnection _connection = new(server, FetchBytes + (1 << 20));
    private readonly long[] _next = new long[partitions];
    private int _first;

    /// <param name="records">Of all partitions together, dealt out in turn.</param>
    /// <returns>Bytes a second of record batches.</returns>
    public double Run(long records)
    {
        var (left, bytes) = (records, 0L);
        var watch = Stopwatch.StartNew();
        while (left > 0)
        {
            Send(records);
            var before = left;
            foreach (var answer in Receive())
            {
                if (answer.Records is not { IsEmpty: false } batches)
                    continue;
                bytes += batches.Length;
                var next = NextOffset(batches.Span, _next[answer.Index]);
                left -= next - _next[answer.Index];
                _next[answer.Index] = next;
                _first = answer.Index + 1;
            }
            if (left == before)
                throw new IOException("the broker does not hand out what it has stored");
        }
        return bytes / watch.Elapsed.TotalSeconds;
    }

    public void Dispose() => _connection.Dispose();

    private void Send(long records)
    {
        var wanted = new List<FetchRequest.Partition>(partitions);
        for (var turn = 0; turn < partitions; turn++)
        {
            var index = (_first + turn) % partitions;
            if (_next[index] < (records + partitions - 1 - index) / partitions)
                wanted.Add(new() { Index = index, FetchOffset = _next[index], MaxBytes = partitions == 1 ? FetchBytes : PartitionBytes, CurrentLeaderEpoch = -1 });
        }
        var request = new FetchRequest { MaxWaitMs = 1000, MinBytes = 1, MaxBytes = FetchBytes, SessionEpoch = -1, Topics = [new() { Name = topic, Partitions = wanted }] };
        _connection.Send(WireConnection.Frame(request, Version));
    }

    private IReadOnlyList<FetchResponse.Partition> Receive()
    {
        var response = WireConnection.Read<FetchResponse>(_connection.Receive(), FetchRequest.Api, Version);
        return response.Topics.Count == 0 ? [] : response.Topics[0].Partitions;
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
