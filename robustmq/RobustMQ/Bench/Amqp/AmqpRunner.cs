using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using HdrHistogram;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Amqp.Protocol.Tables;
using RobustMQ.Bench.Nats;

namespace RobustMQ.Bench.Amqp;

/// <summary>Runs one scenario against one broker: declare, consume, publish, stop when all is there, delete.</summary>
internal sealed class AmqpRunner(AmqpServerAddress server, AmqpScenario scenario)
{
    private const int SendBytes = 64 * 1024;

    /// <summary>Messages that are lost do not come: this long after the last one a run is over.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private readonly string _prefix = $"bench-{Environment.ProcessId}-{Guid.NewGuid():n}";
    private readonly LongHistogram _latencies = new(TimeSpan.TicksPerMinute, 3);
    private readonly TaskCompletionSource _allDelivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _delivered;
    private long _lastDelivery;

    private string Exchange => scenario.IsFanOut ? _prefix : string.Empty;

    public AmqpRun Run()
    {
        using var publisher = AmqpBenchConnection.Open(server, scenario.Timeout);
        using var consumer = AmqpBenchConnection.Open(server, scenario.Timeout);
        Declare(publisher);
        if (scenario.Window > 0)
            publisher.Call(default(ConfirmSelect), MethodId.ConfirmSelectOk);
        if (scenario.IsDrain)
            Publish(publisher);
        else
            Consume(consumer);
        var started = Stopwatch.GetTimestamp();
        _lastDelivery = started;
        if (scenario.IsDrain)
            Consume(consumer);
        var receiving = LoadThread.Start(() => Receive(consumer));
        if (!scenario.IsDrain)
            Publish(publisher);
        while (!_allDelivered.Task.Wait(TimeSpan.FromMilliseconds(100)) && Stopwatch.GetElapsedTime(Volatile.Read(ref _lastDelivery)) < Silence
            && Stopwatch.GetElapsedTime(started) < scenario.Timeout)
        {
        }
        var seconds = Stopwatch.GetElapsedTime(started, Volatile.Read(ref _lastDelivery)).TotalSeconds;
        consumer.Dispose();
        receiving.Join();
        Delete(publisher);
        return new AmqpRun(
            seconds, _delivered, Math.Max(0, scenario.ExpectedDeliveries - _delivered),
            _latencies.TotalCount == 0 ? default : (_latencies.GetValueAtPercentile(50) / 10.0, _latencies.GetValueAtPercentile(99) / 10.0));
    }

    private byte[] QueueName(int at) => Encoding.UTF8.GetBytes($"{_prefix}-{at}");

    private void Declare(AmqpBenchConnection connection)
    {
        var arguments = scenario.IsQuorum ? new FieldWriter().Add("x-queue-type", "quorum").ToArray() : [];
        if (scenario.IsFanOut)
            connection.Call(new ExchangeDeclare { Exchange = Encoding.UTF8.GetBytes(Exchange), Type = "fanout"u8, Durable = scenario.IsPersistent }, MethodId.ExchangeDeclareOk);
        for (var at = 0; at < scenario.Queues; at++)
        {
            connection.Call(new QueueDeclare { Queue = QueueName(at), Durable = scenario.IsPersistent, Arguments = arguments }, MethodId.QueueDeclareOk);
            if (scenario.IsFanOut)
                connection.Call(new QueueBind { Queue = QueueName(at), Exchange = Encoding.UTF8.GetBytes(Exchange) }, MethodId.QueueBindOk);
        }
    }

    private void Delete(AmqpBenchConnection connection)
    {
        for (var at = 0; at < scenario.Queues; at++)
            connection.Call(new QueueDelete { Queue = QueueName(at) }, MethodId.QueueDeleteOk);
        if (scenario.IsFanOut)
            connection.Call(new ExchangeDelete { Exchange = Encoding.UTF8.GetBytes(Exchange) }, MethodId.ExchangeDeleteOk);
    }

    private void Consume(AmqpBenchConnection connection)
    {
        if (scenario.Prefetch > 0)
            connection.Call(new BasicQos { PrefetchCount = (ushort)scenario.Prefetch }, MethodId.BasicQosOk);
        for (var at = 0; at < scenario.Queues; at++)
            connection.Call(new BasicConsume { Queue = QueueName(at), NoAck = scenario.Prefetch == 0 }, MethodId.BasicConsumeOk);
    }

    private void Publish(AmqpBenchConnection connection)
    {
        var messages = Enumerable.Range(0, scenario.IsFanOut ? 1 : scenario.Queues).Select(Encode).ToArray();
        var perSend = scenario.Rate > 0 ? 1 : Math.Max(1, SendBytes / messages[0].Length);
        if (scenario.Window > 0)
            perSend = Math.Min(perSend, scenario.Window);
        var block = new byte[messages.Max(static message => message.Length) * perSend];
        var pace = new Pace(scenario.Rate);
        var confirms = new ConfirmCount();
        var sent = 0L;
        var needsMore = false;
        while (sent < scenario.Messages || (scenario.Window > 0 && confirms.Total < scenario.Messages))
        {
            var room = scenario.Window > 0 ? scenario.Window - (sent - confirms.Total) : perSend;
            var count = Math.Min(Math.Min(perSend, room), scenario.Messages - sent);
            if (count > 0)
            {
                pace.WaitFor(sent);
                var length = 0;
                for (var at = 0L; at < count; at++)
                {
                    var message = messages[(sent + at) % messages.Length];
                    message.CopyTo(block.AsSpan(length));
                    length += message.Length;
                    BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(length - 1 - scenario.PayloadBytes), Stopwatch.GetTimestamp());
                }
                connection.Send(block.AsSpan(0, length));
                sent += count;
            }
            if (scenario.Window == 0 || (sent - confirms.Total < scenario.Window && sent < scenario.Messages))
                continue;
            TakeConfirms(connection, confirms, ref needsMore);
        }
    }

    private static void TakeConfirms(AmqpBenchConnection connection, ConfirmCount confirms, ref bool needsMore)
    {
        var input = connection.Receive(needsMore);
        var consumed = 0;
        while (AmqpFrame.TryRead(input[consumed..], AmqpBenchConnection.FrameMax, out var frame) == FrameStatus.Frame)
        {
            consumed += frame.TotalBytes;
            MethodFrame.TryRead(frame.Payload, out var method);
            if (method.Id == MethodId.BasicAck && BasicAck.TryRead(method.Arguments, out var ack))
                confirms.Add((long)ack.DeliveryTag, ack.Multiple);
            else if (method.Id is MethodId.BasicNack or MethodId.ChannelClose)
                throw new IOException("the broker did not take a message");
        }
        connection.Consume(consumed);
        needsMore = true;
    }

    private byte[] Encode(int queue)
    {
        var output = new ArrayBufferWriter<byte>();
        var properties = new BasicProperties { Flags = PropertyFlags.DeliveryMode, DeliveryMode = scenario.IsPersistent ? (byte)2 : (byte)1 };
        FrameWriter.WriteContent(
            output, AmqpBenchConnection.Channel,
            new BasicPublish { Exchange = Encoding.UTF8.GetBytes(Exchange), RoutingKey = scenario.IsFanOut ? [] : QueueName(queue) },
            properties.ToArray(), new byte[Math.Max(sizeof(long), scenario.PayloadBytes)], AmqpBenchConnection.FrameMax);
        return output.WrittenSpan.ToArray();
    }

    private void Receive(AmqpBenchConnection connection)
    {
        var answer = new ArrayBufferWriter<byte>();
        var needsMore = false;
        ulong lastTag = 0;
        try
        {
            while (true)
            {
                var input = connection.Receive(needsMore);
                var (consumed, count) = (0, 0);
                while (AmqpFrame.TryRead(input[consumed..], AmqpBenchConnection.FrameMax, out var frame) == FrameStatus.Frame)
                {
                    consumed += frame.TotalBytes;
                    if (frame.Type == FrameType.Body)
                        count += Count(frame.Payload);
                    else if (frame.Type == FrameType.Method && MethodFrame.TryRead(frame.Payload, out var method) && BasicDeliver.TryRead(method.Arguments, out var delivery))
                        lastTag = delivery.DeliveryTag;
                }
                connection.Consume(consumed);
                needsMore = true;
                if (count == 0)
                    continue;
                if (scenario.Prefetch > 0)
                {
                    answer.ResetWrittenCount();
                    FrameWriter.WriteMethod(answer, AmqpBenchConnection.Channel, new BasicAck { DeliveryTag = lastTag, Multiple = true });
                    connection.Send(answer.WrittenSpan);
                }
                Volatile.Write(ref _lastDelivery, Stopwatch.GetTimestamp());
                if (Interlocked.Add(ref _delivered, count) >= scenario.ExpectedDeliveries)
                    _allDelivered.TrySetResult();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            // The end of the run, or a broker that closed: the count tells.
        }
    }

    private int Count(ReadOnlySpan<byte> body)
    {
        if (scenario.Rate > 0)
            _latencies.RecordValue(Math.Max(1, Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64BigEndian(body)).Ticks));
        return 1;
    }
}
