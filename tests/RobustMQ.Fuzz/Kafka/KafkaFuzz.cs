using System.Buffers;
using System.Buffers.Binary;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Frames;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Fuzz.Kafka;

/// <summary>Any bytes where a Kafka client's requests belong. The corpus is what clients sent, without the frames' lengths.</summary>
public sealed class KafkaFuzz : IAsyncLifetime
{
    private static readonly Dictionary<short, (KafkaApi Api, Type Request)> Requests = typeof(IKafkaRequest).Assembly.GetExportedTypes()
        .Where(static type => type.IsClass && type.IsAssignableTo(typeof(IKafkaRequest)))
        .Select(static type => ((KafkaApi)type.GetProperty("Api")!.GetValue(null)!, type))
        .ToDictionary(static request => (short)request.Item1.Key);

    private FuzzedGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await FuzzedGateway.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public void A_session_never_fails_answers_in_whole_frames_and_gives_back_its_memory() => Fuzzing.Run("kafka", rounds: 1_000, (input, mutation) =>
    {
        var framed = Frame(input);
        var output = _gateway.RunAsync(framed, mutation.Cuts(framed.Length)).GetAwaiter().GetResult();
        for (var rest = output.AsSpan(); !rest.IsEmpty;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest);
            Assert.InRange(length, sizeof(int), rest.Length - sizeof(int));
            rest = rest[(sizeof(int) + length)..];
        }
        Assert.Equal(0, _gateway.UsedBytes);
    });

    [Fact]
    public void A_stream_of_no_frames_ends_the_session() => Fuzzing.Run("kafka", rounds: 300, (input, mutation) =>
    {
        _gateway.RunAsync(input, mutation.Cuts(input.Length)).GetAwaiter().GetResult();
        Assert.Equal(0, _gateway.UsedBytes);
    });

    [Fact]
    public void Any_bytes_are_a_request_that_is_written_as_it_was_read_or_none() => Fuzzing.Run("kafka", rounds: 50_000, static (input, _) =>
    {
        if (!RequestHeader.TryReadFixed(input, out var header) || !Requests.TryGetValue(header.ApiKey, out var known) || !known.Api.Has(header.ApiVersion)
            || !header.TryReadRest(input, known.Api.IsFlexible(header.ApiVersion), out header))
        {
            return;
        }
        var reader = new WireReader(input.AsMemory(header.Length), header.ApiVersion, known.Api.IsFlexible(header.ApiVersion));
        var request = (IKafkaRequest)Activator.CreateInstance(known.Request)!;
        request.Carry(ref reader);
        if (reader.IsMalformed)
            return;
        // Tagged fields that nobody here knows are skipped and texts that are no UTF-8 are mended: what is written then reads as the same again.
        var written = Write(request, known.Api, header.ApiVersion);
        var again = (IKafkaRequest)Activator.CreateInstance(known.Request)!;
        reader = new WireReader(written, header.ApiVersion, known.Api.IsFlexible(header.ApiVersion));
        again.Carry(ref reader);
        Assert.True(reader is { IsMalformed: false, BytesLeft: 0 });
        Assert.Equal(written, Write(again, known.Api, header.ApiVersion));
    });

    private static byte[] Write(IKafkaRequest request, KafkaApi api, short version)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output, version, api.IsFlexible(version));
        request.Carry(ref writer);
        writer.Complete();
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The input with its length in front of it: what a session takes for one request.</summary>
    private static byte[] Frame(byte[] input)
    {
        var framed = new byte[sizeof(int) + input.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, input.Length);
        input.CopyTo(framed, sizeof(int));
        return framed;
    }
}
