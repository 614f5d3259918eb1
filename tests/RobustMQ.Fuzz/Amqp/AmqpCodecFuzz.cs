using System.Buffers;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Fuzz.Amqp;

/// <summary>Any bytes are frames, methods, tables and properties that are written as they were read, or none.</summary>
public sealed class AmqpCodecFuzz
{
    [Fact]
    public void Any_bytes_are_frames_that_are_understood_or_refused() => Fuzzing.Run("amqp", rounds: 30_000, static (input, _) =>
    {
        var rest = input.AsSpan();
        if (ProtocolHeader.Check(rest) == ProtocolHeaderStatus.Whole)
            rest = rest[ProtocolHeader.Size..];
        while (AmqpFrame.TryRead(rest, 64 << 10, out var frame) == FrameStatus.Frame)
        {
            rest = rest[frame.TotalBytes..];
            if (frame.Type == FrameType.Method && MethodFrame.TryRead(frame.Payload, out var method))
                Read(method);
            else if (frame.Type == FrameType.Header && ContentHeader.TryRead(frame.Payload, out var header))
                CheckProperties(header.Properties);
        }
    });

    [Fact]
    public void Any_bytes_are_a_table_or_none() => Fuzzing.Run("amqp", rounds: 30_000, static (input, mutation) =>
    {
        var cuts = mutation.Cuts(input.Length);
        var table = input.AsSpan(cuts.Length > 0 ? cuts[0] : 0);
        if (FieldRules.CheckTable(table) != FieldStatus.Valid)
            return;
        var copy = new FieldWriter();
        var reader = new FieldTableReader(table);
        while (reader.MoveNext())
            copy.Add(reader.Name, reader.Value);
        Assert.Equal(table, copy.Written);
    });

    private static void Read(in MethodFrame method)
    {
        switch (method.Id)
        {
            case MethodId.ConnectionStartOk: Check<ConnectionStartOk>(method.Arguments); break;
            case MethodId.ConnectionTuneOk: Check<ConnectionTuneOk>(method.Arguments); break;
            case MethodId.ConnectionOpen: Check<ConnectionOpen>(method.Arguments); break;
            case MethodId.ConnectionClose: Check<ConnectionClose>(method.Arguments); break;
            case MethodId.ChannelClose: Check<ChannelClose>(method.Arguments); break;
            case MethodId.ExchangeDeclare: Check<ExchangeDeclare>(method.Arguments); break;
            case MethodId.ExchangeBind: Check<ExchangeBind>(method.Arguments); break;
            case MethodId.QueueDeclare: Check<QueueDeclare>(method.Arguments); break;
            case MethodId.QueueBind: Check<QueueBind>(method.Arguments); break;
            case MethodId.QueueDelete: Check<QueueDelete>(method.Arguments); break;
            case MethodId.BasicQos: Check<BasicQos>(method.Arguments); break;
            case MethodId.BasicConsume: Check<BasicConsume>(method.Arguments); break;
            case MethodId.BasicPublish: Check<BasicPublish>(method.Arguments); break;
            case MethodId.BasicDeliver: Check<BasicDeliver>(method.Arguments); break;
            case MethodId.BasicGet: Check<BasicGet>(method.Arguments); break;
            case MethodId.BasicAck: Check<BasicAck>(method.Arguments); break;
            case MethodId.BasicNack: Check<BasicNack>(method.Arguments); break;
        }
    }

    /// <summary>Reserved bits are not kept, so the first writing is compared with the second.</summary>
    private static void Check<T>(ReadOnlySpan<byte> arguments)
        where T : IAmqpMethod<T>, allows ref struct
    {
        if (!T.TryRead(arguments, out var method))
            return;
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteMethod(output, 1, method);
        Assert.Equal(FrameStatus.Frame, AmqpFrame.TryRead(output.WrittenSpan, int.MaxValue, out var frame));
        Assert.True(MethodFrame.TryRead(frame.Payload, out var read));
        Assert.True(T.TryRead(read.Arguments, out var again));
        var repeated = new ArrayBufferWriter<byte>();
        FrameWriter.WriteMethod(repeated, 1, again);
        Assert.Equal(output.WrittenSpan, repeated.WrittenSpan);
    }

    private static void CheckProperties(ReadOnlySpan<byte> encoded)
    {
        if (BasicProperties.TryRead(encoded, out var properties))
            Assert.Equal(encoded, properties.ToArray());
    }
}
