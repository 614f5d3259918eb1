using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Frames;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Bench.Kafka;

/// <summary>
/// A broker that acknowledges whatever is produced and keeps none of it: what a producer reaches with it is the most that the client, the socket and this machine give,
/// whatever stands behind them. It knows as much of the protocol as librdkafka asks of it.
/// </summary>
internal sealed class SinkBroker : IDisposable
{
    private const int NodeId = 1;
    private const short VersionsMax = 2;
    private const short MetadataMax = 4;
    private const short ProduceMax = 7;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _partitions;

    public SinkBroker(int partitions)
    {
        _partitions = partitions;
        _listener.Start();
        Begin(Accept);
    }

    public string Address => $"127.0.0.1:{Port}";

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    private static void Begin(Action run) => new Thread(() =>
    {
        try
        {
            run();
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // The client or this broker is gone.
        }
    })
    { IsBackground = true }.Start();

    private void Accept()
    {
        while (true)
        {
            var client = _listener.AcceptTcpClient();
            client.NoDelay = true;
            Begin(() => Serve(client));
        }
    }

    private void Serve(TcpClient client)
    {
        using (client)
        {
            var stream = client.GetStream();
            var frame = new byte[2 << 20];
            var output = new ArrayBufferWriter<byte>();
            while (true)
            {
                stream.ReadExactly(frame, 0, sizeof(int));
                var length = BinaryPrimitives.ReadInt32BigEndian(frame);
                if (length > frame.Length)
                    frame = new byte[length];
                stream.ReadExactly(frame, 0, length);
                output.ResetWrittenCount();
                Answer(frame.AsMemory(0, length), output);
                stream.Write(output.WrittenSpan);
            }
        }
    }

    private void Answer(ReadOnlyMemory<byte> frame, ArrayBufferWriter<byte> output)
    {
        if (!RequestHeader.TryReadFixed(frame, out var header))
            throw new IOException("no request");
        if (header.ApiKey == (short)ApiKey.ApiVersions)
        {
            // librdkafka begins with a version that is not known here and is told so.
            var isKnown = header.ApiVersion <= VersionsMax;
            ResponseFrame.Write(output, ApiVersionsRequest.Api, isKnown ? header.ApiVersion : (short)0, header.CorrelationId, Versions(isKnown));
            return;
        }
        if (!header.TryReadRest(frame, isFlexible: false, out header))
            throw new IOException("no request");
        var body = frame[header.Length..];
        if (header.ApiKey == (short)ApiKey.Metadata)
            ResponseFrame.Write(output, MetadataRequest.Api, header.ApiVersion, header.CorrelationId, Describe(WireConnection.Read<MetadataRequest>(body, MetadataRequest.Api, header.ApiVersion)));
        else
            ResponseFrame.Write(output, ProduceRequest.Api, header.ApiVersion, header.CorrelationId, Acknowledge(WireConnection.Read<ProduceRequest>(body, ProduceRequest.Api, header.ApiVersion)));
    }

    private static ApiVersionsResponse Versions(bool isKnown) => new()
    {
        Error = isKnown ? KafkaError.None : KafkaError.UnsupportedVersion,
        Apis =
        [
            new() { Key = (short)ApiKey.Produce, Max = ProduceMax },
            new() { Key = (short)ApiKey.Metadata, Max = MetadataMax },
            new() { Key = (short)ApiKey.ApiVersions, Max = VersionsMax },
        ],
    };

    private MetadataResponse Describe(MetadataRequest request) => new()
    {
        Brokers = [new() { NodeId = NodeId, Host = "127.0.0.1", Port = Port }],
        ControllerId = NodeId,
        Topics = [.. (request.Topics ?? []).Select(topic => new MetadataResponse.Topic
        {
            Name = topic.Name,
            Partitions = [.. Enumerable.Range(0, _partitions).Select(static index => new MetadataResponse.Partition { Index = index, LeaderId = NodeId, Replicas = [NodeId], InSyncReplicas = [NodeId] })],
        })],
    };

    private static ProduceResponse Acknowledge(ProduceRequest request) => new()
    {
        Topics = [.. request.Topics.Select(static topic => new ProduceResponse.Topic
        {
            Name = topic.Name,
            Partitions = [.. topic.Partitions.Select(static partition => new ProduceResponse.Partition { Index = partition.Index, BaseOffset = 0 })],
        })],
    };
}
