using System.Buffers.Binary;
using System.IO.Compression;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;

namespace RobustMQ.Nats.Gateway.Tests;

public sealed class LiveFeedTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Records_of_other_gateways_and_services_reach_the_clients_here(bool isCompressed)
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.RoundTripAsync("SUB a.> 1\r\nSUB kafka-topic 2\r\n");
        var batch = Build(("a.b", true, "one"), ("c", true, "no"), ("key", false, "two"));

        gateway.Storage.Receiver!.OnRecords(new LiveRecords
        {
            Log = new TopicPartition(Namespace.Default, TopicName.Parse("kafka-topic"), 0),
            Batch = isCompressed ? Gzip(batch) : batch,
        });

        Assert.Equal("MSG a.b 1 3\r\none\r\nMSG kafka-topic 2 3\r\ntwo\r\n", await client.ReadUntilAsync("two\r\n"));
    }

    [Fact]
    public async Task Headers_of_other_protocols_cannot_break_out_of_a_header_block()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.RoundTripAsync("SUB a 1\r\n");
        var headers = new RecordHeadersBuilder();
        headers.Add("x: y\r\nz"u8, "1\r\n\r\nPWNED"u8);
        using var builder = new RecordBatchBuilder();
        builder.Append(1, RecordAttributes.KeyIsSubject, "a"u8, "v"u8, headers.Encoded, headers.Count);

        gateway.Storage.Receiver!.OnRecords(
            new LiveRecords { Log = new TopicPartition(Namespace.Default, TopicName.Live, 0), Batch = builder.Build().ToArray() });

        Assert.Equal("HMSG a 1 33 34\r\nNATS/1.0\r\nx_ y__z: 1    PWNED\r\n\r\nv\r\n", await client.ReadUntilAsync("v\r\n"));
    }

    [Fact]
    public async Task A_batch_that_cannot_be_opened_harms_nobody()
    {
        await using var gateway = await GatewayFixture.StartAsync();
        using var client = await gateway.ConnectAsync();
        await client.RoundTripAsync("SUB a.> 1\r\n");
        var broken = Gzip(Build(("a.b", true, "lost")));
        broken.AsSpan(RecordBatchHeader.Size).Clear();
        var log = new TopicPartition(Namespace.Default, TopicName.Live, 0);

        gateway.Storage.Receiver!.OnRecords(new LiveRecords { Log = log, Batch = broken });
        gateway.Storage.Receiver!.OnRecords(new LiveRecords { Log = log, Batch = Build(("a.b", true, "kept")) });

        Assert.Equal("MSG a.b 1 4\r\nkept\r\n", await client.ReadUntilAsync("kept\r\n"));
    }

    private static byte[] Build(params (string Key, bool IsSubject, string Value)[] records)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var (key, isSubject, value) in records)
        {
            builder.Append(
                1, isSubject ? RecordAttributes.KeyIsSubject : default, System.Text.Encoding.UTF8.GetBytes(key), System.Text.Encoding.UTF8.GetBytes(value), default, 0);
        }
        return builder.Build().ToArray();
    }

    /// <summary>As a Kafka producer would send it: everything behind the header compressed, attribute bits 1.</summary>
    private static byte[] Gzip(byte[] batch)
    {
        using var packed = new MemoryStream();
        packed.Write(batch, 0, RecordBatchHeader.Size);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(batch, RecordBatchHeader.Size, batch.Length - RecordBatchHeader.Size);
        var bytes = packed.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), bytes.Length - 12);
        bytes[22] |= 1;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(17), Crc32C.Compute(bytes.AsSpan(21)));
        return bytes;
    }
}
