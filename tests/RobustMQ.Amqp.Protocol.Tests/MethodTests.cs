using System.Buffers;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Protocol.Tests;

/// <summary>Method frames as python3-pika encodes them.</summary>
public class MethodTests
{
    [Fact]
    public void ConnectionStartOk_is_what_other_clients_write() =>
        Check(new ConnectionStartOk { ClientProperties = new FieldWriter().Add("product", "t").Written, Mechanism = "PLAIN"u8, Response = "\u0000guest\u0000guest"u8, Locale = "en_US"u8 }, "01000100000032000A000B0000000E0770726F6475637453000000017405504C41494E0000000C00677565737400677565737405656E5F5553CE");

    [Fact]
    public void ConnectionTune_is_what_other_clients_write() =>
        Check(new ConnectionTune { ChannelMax = 2047, FrameMax = 131072, Heartbeat = 60 }, "0100010000000C000A001E07FF00020000003CCE");

    [Fact]
    public void ConnectionOpen_is_what_other_clients_write() =>
        Check(new ConnectionOpen { VirtualHost = "/"u8 }, "01000100000008000A0028012F0000CE");

    [Fact]
    public void ConnectionClose_is_what_other_clients_write() =>
        Check(new ConnectionClose { ReplyCode = 200, ReplyText = "bye"u8 }, "0100010000000E000A003200C80362796500000000CE");

    [Fact]
    public void ConnectionBlocked_is_what_other_clients_write() =>
        Check(new ConnectionBlocked { Reason = "low on memory"u8 }, "01000100000012000A003C0D6C6F77206F6E206D656D6F7279CE");

    [Fact]
    public void ChannelOpen_is_what_other_clients_write() =>
        Check(default(ChannelOpen), "010001000000050014000A00CE");

    [Fact]
    public void ChannelFlow_is_what_other_clients_write() =>
        Check(new ChannelFlow { Active = true }, "010001000000050014001401CE");

    [Fact]
    public void ChannelClose_is_what_other_clients_write() =>
        Check(new ChannelClose { ReplyCode = 404, ReplyText = "NOT_FOUND"u8, FailingClass = 50, FailingMethod = 10 }, "01000100000014001400280194094E4F545F464F554E440032000ACE");

    [Fact]
    public void ExchangeDeclare_is_what_other_clients_write() =>
        Check(new ExchangeDeclare { Exchange = "x"u8, Type = "topic"u8, Durable = true, AutoDelete = true, Arguments = new FieldWriter().Add("alternate-exchange", "y").Written }, "0100010000002C0028000A0000017805746F706963060000001912616C7465726E6174652D65786368616E6765530000000179CE");

    [Fact]
    public void ExchangeBind_is_what_other_clients_write() =>
        Check(new ExchangeBind { Destination = "d"u8, Source = "s"u8, RoutingKey = "k"u8, NoWait = true }, "010001000000110028001E000001640173016B0100000000CE");

    [Fact]
    public void ExchangeDelete_is_what_other_clients_write() =>
        Check(new ExchangeDelete { Exchange = "x"u8, IfUnused = true }, "01000100000009002800140000017801CE");

    [Fact]
    public void QueueDeclareOk_is_what_other_clients_write() =>
        Check(new QueueDeclareOk { Queue = "q"u8, MessageCount = 7, ConsumerCount = 2 }, "0100010000000E0032000B01710000000700000002CE");

    [Fact]
    public void QueueBind_is_what_other_clients_write() =>
        Check(new QueueBind { Queue = "q"u8, Exchange = "x"u8, RoutingKey = "a.*.#"u8 }, "010001000000150032001400000171017805612E2A2E230000000000CE");

    [Fact]
    public void QueueDelete_is_what_other_clients_write() =>
        Check(new QueueDelete { Queue = "q"u8, IfEmpty = true }, "01000100000009003200280000017102CE");

    [Fact]
    public void QueueUnbind_is_what_other_clients_write() =>
        Check(new QueueUnbind { Queue = "q"u8, Exchange = "x"u8, RoutingKey = "k"u8 }, "0100010000001000320032000001710178016B00000000CE");

    [Fact]
    public void QueuePurgeOk_is_what_other_clients_write() =>
        Check(new QueuePurgeOk { MessageCount = 9 }, "010001000000080032001F00000009CE");

    [Fact]
    public void BasicQos_is_what_other_clients_write() =>
        Check(new BasicQos { PrefetchCount = 10, Global = true }, "0100010000000B003C000A00000000000A01CE");

    [Fact]
    public void BasicPublish_is_what_other_clients_write() =>
        Check(new BasicPublish { Exchange = "x"u8, RoutingKey = "k"u8, Mandatory = true }, "0100010000000B003C002800000178016B01CE");

    [Fact]
    public void BasicReturn_is_what_other_clients_write() =>
        Check(new BasicReturn { ReplyCode = 312, ReplyText = "NO_ROUTE"u8, Exchange = "x"u8, RoutingKey = "k"u8 }, "01000100000013003C00320138084E4F5F524F5554450178016BCE");

    [Fact]
    public void BasicDeliver_is_what_other_clients_write() =>
        Check(new BasicDeliver { ConsumerTag = "c"u8, DeliveryTag = 1UL << 40, Redelivered = true, Exchange = "x"u8, RoutingKey = "k"u8 }, "01000100000013003C003C01630000010000000000010178016BCE");

    [Fact]
    public void BasicGetOk_is_what_other_clients_write() =>
        Check(new BasicGetOk { DeliveryTag = 3, Exchange = "x"u8, RoutingKey = "k"u8, MessageCount = 8 }, "01000100000015003C00470000000000000003000178016B00000008CE");

    [Fact]
    public void BasicGetEmpty_is_what_other_clients_write() =>
        Check(default(BasicGetEmpty), "01000100000005003C004800CE");

    [Fact]
    public void BasicAck_is_what_other_clients_write() =>
        Check(new BasicAck { DeliveryTag = 5, Multiple = true }, "0100010000000D003C0050000000000000000501CE");

    [Fact]
    public void BasicNack_is_what_other_clients_write() =>
        Check(new BasicNack { DeliveryTag = 6, Multiple = true }, "0100010000000D003C0078000000000000000601CE");

    [Fact]
    public void BasicReject_is_what_other_clients_write() =>
        Check(new BasicReject { DeliveryTag = 7, Requeue = true }, "0100010000000D003C005A000000000000000701CE");

    [Fact]
    public void BasicRecover_is_what_other_clients_write() =>
        Check(new BasicRecover { Requeue = true }, "01000100000005003C006E01CE");

    [Fact]
    public void ConfirmSelect_is_what_other_clients_write() =>
        Check(default(ConfirmSelect), "010001000000050055000A00CE");

    [Fact]
    public void TxCommit_is_what_other_clients_write() =>
        Check(default(TxCommit), "01000100000004005A0014CE");

    [Fact]
    public void A_queue_declaration_with_nested_arguments_is_read_as_other_clients_write_it()
    {
        var frame = Convert.FromHexString("0100010000005B0032000A00000171060000004E0C782D6D61782D6C656E677468490000000A0C782D71756575652D6D6F646553000000046C617A7904666C61677401066E657374656446000000130161410000000C490000000153000000016256CE");

        Assert.True(QueueDeclare.TryRead(frame.AsSpan(11, frame.Length - 12), out var declare));
        Assert.Equal("q"u8, declare.Queue);
        Assert.True(declare is { Durable: true, Exclusive: true, Passive: false, AutoDelete: false, NoWait: false });
        Assert.Equal(FieldStatus.Valid, FieldRules.CheckTable(declare.Arguments));
        Assert.True(FieldTableReader.TryFind(declare.Arguments, "x-max-length"u8, out var length));
        Assert.Equal(10, length.Integer);
        Assert.True(FieldTableReader.TryFind(declare.Arguments, "nested"u8, out var nested));
        Assert.True(FieldTableReader.TryFind(nested.Content, "a"u8, out var array));
        var items = new FieldArrayReader(array.Content);
        Assert.True(items.MoveNext() && items.Value.Integer == 1);
        Assert.True(items.MoveNext() && items.Value.Content.SequenceEqual("b"u8));
        Assert.True(items.MoveNext() && items.Value.Type == FieldType.Void);
        Assert.False(items.MoveNext() || items.IsMalformed);
    }

    [Fact]
    public void Every_method_has_a_name()
    {
        foreach (var id in Enum.GetValues<MethodId>())
            Assert.Equal(id.ToString(), string.Concat(MethodNames.Of(id)!.Split('.', '-').Select(static word => char.ToUpperInvariant(word[0]) + word[1..])));
        Assert.Null(MethodNames.Of((MethodId)0));
    }

    [Fact]
    public void A_text_beyond_a_short_string_is_refused_where_it_is_written() =>
        Assert.Throws<ArgumentException>(static () => FrameWriter.WriteMethod(new ArrayBufferWriter<byte>(), 1, new ConnectionBlocked { Reason = new byte[256] }));

    private static void Check<T>(T method, string expected)
        where T : IAmqpMethod<T>, allows ref struct
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteMethod(output, 1, method);
        Assert.Equal(expected, Convert.ToHexString(output.WrittenSpan));

        Assert.Equal(FrameStatus.Frame, AmqpFrame.TryRead(output.WrittenSpan, 4096, out var frame));
        Assert.True(MethodFrame.TryRead(frame.Payload, out var read));
        Assert.Equal(T.Id, read.Id);
        Assert.True(T.TryRead(read.Arguments, out var again));
        var repeated = new ArrayBufferWriter<byte>();
        FrameWriter.WriteMethod(repeated, 1, again);
        Assert.Equal(expected, Convert.ToHexString(repeated.WrittenSpan));

        for (var length = 0; length < read.Arguments.Length; length++)
            Assert.False(T.TryRead(read.Arguments[..length], out _), $"{length} bytes are enough");
        byte[] longer = [.. read.Arguments, 0];
        Assert.False(T.TryRead(longer, out _));
    }
}
