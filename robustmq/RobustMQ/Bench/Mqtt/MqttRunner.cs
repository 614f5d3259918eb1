using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace RobustMQ.Bench.Mqtt;

/// <summary>Runs one scenario against one broker: connect everything, subscribe, start together, stop when all is there.</summary>
internal sealed class MqttRunner(MqttServerAddress server, MqttScenario scenario)
{
    private const string Subscriber = "sub";
    private const int SendBytes = 64 * 1024;
    private const int PublishingThreadsMax = 4;

    /// <summary>Messages that are lost do not come: this long after the last one a run is over.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private readonly TaskCompletionSource _allDelivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _subscribersLeft = scenario.Subscribers;
    private long _delivered;
    private long _lastDelivery;

    public MqttRun Run()
    {
        var subscribers = Open(Subscriber, scenario.Subscribers, 256 * 1024);
        var publishers = Open("pub", scenario.Publishers, 4 * 1024);
        var others = Open("other", scenario.OtherSubscriptions > 0 ? 1 : 0, 64 * 1024);
        try
        {
            others.ForEach(other => other.SubscribeAll(Enumerable.Range(0, scenario.OtherSubscriptions).Select(static at => $"other/{at % 1000}/+/{at}"), 0));
            subscribers.ForEach(subscriber => subscriber.SubscribeAll(Enumerable.Range(0, scenario.Topics).Select(TopicOf), scenario.Qos));
            var receiving = subscribers.ConvertAll(subscriber => LoadThread.Start(() => Receive(subscriber)));
            using var go = new ManualResetEventSlim();
            var threads = Math.Min(PublishingThreadsMax, scenario.Publishers);
            var sending = Enumerable.Range(0, threads).Select(thread => LoadThread.Start(() => Publish(publishers.Where((_, at) => at % threads == thread).ToList(), go))).ToList();

            var started = Stopwatch.GetTimestamp();
            _lastDelivery = started;
            go.Set();
            sending.ForEach(static thread => thread.Join());
            while (!_allDelivered.Task.Wait(TimeSpan.FromMilliseconds(100)) && Stopwatch.GetElapsedTime(Volatile.Read(ref _lastDelivery)) < Silence
                && Stopwatch.GetElapsedTime(started) < scenario.Timeout)
            {
            }
            var seconds = Stopwatch.GetElapsedTime(started, Volatile.Read(ref _lastDelivery)).TotalSeconds;
            subscribers.ForEach(static subscriber => subscriber.Dispose());
            receiving.ForEach(static thread => thread.Join());
            return new MqttRun(seconds, _delivered, Math.Max(0, scenario.ExpectedDeliveries - _delivered));
        }
        finally
        {
            foreach (var connection in subscribers.Concat(publishers).Concat(others))
                connection.Dispose();
            if (scenario.IsPersistent)
                ForgetSessions();
        }
    }

    private static string TopicOf(int number) => $"bench/t/{number}";

    private static string ClientIdOf(string name, int number) => $"bench-{name}-{Environment.ProcessId}-{number}";

    private List<MqttBenchConnection> Open(string name, int count, int bufferBytes) =>
        [.. Enumerable.Range(0, count).Select(at => MqttBenchConnection.Open(server, ClientIdOf(name, at), scenario.Timeout, bufferBytes, scenario.IsPersistent && name == Subscriber))];

    private void ForgetSessions()
    {
        for (var at = 0; at < scenario.Subscribers; at++)
        {
            using var clean = MqttBenchConnection.Open(server, ClientIdOf(Subscriber, at), scenario.Timeout, 4 * 1024);
            clean.Leave();
        }
    }

    /// <summary>Sends through its connections in turn.</summary>
    private void Publish(List<MqttBenchConnection> connections, ManualResetEventSlim go)
    {
        if (scenario.Topics > 1)
        {
            PublishInTurn(connections[0], go);
            return;
        }
        var packet = MqttBenchConnection.Publish(TopicOf(0), scenario.Qos, scenario.PayloadBytes);
        var perSend = Math.Max(1, SendBytes / packet.Length);
        if (scenario.Qos > 0)
            perSend = Math.Min(perSend, scenario.InFlight);
        else if (scenario.Publishers > 1)
            perSend = Math.Min(perSend, 10);
        var block = new byte[packet.Length * perSend];
        var idAt = packet.Length - scenario.PayloadBytes - 2;
        for (var at = 0; at < perSend; at++)
        {
            packet.CopyTo(block, at * packet.Length);
            if (scenario.Qos > 0)
                BinaryPrimitives.WriteUInt16BigEndian(block.AsSpan(at * packet.Length + idAt), (ushort)(at + 1));
        }
        var left = scenario.Messages * connections.Count / scenario.Publishers;
        go.Wait();
        if (scenario.Qos > 0)
        {
            connections.ForEach(connection => PublishAcknowledged(connection, block, packet.Length, idAt, left / connections.Count));
            return;
        }
        for (var turn = 0; left > 0; turn++)
        {
            var count = (int)Math.Min(perSend, left);
            connections[turn % connections.Count].Send(block.AsSpan(0, count * packet.Length));
            left -= count;
        }
        connections.ForEach(static connection => connection.Barrier());
    }

    /// <summary>At QoS 0, a message to each topic in turn.</summary>
    private void PublishInTurn(MqttBenchConnection connection, ManualResetEventSlim go)
    {
        var packets = Enumerable.Range(0, scenario.Topics).Select(topic => MqttBenchConnection.Publish(TopicOf(topic), 0, scenario.PayloadBytes)).ToList();
        var blocks = packets.Chunk(Math.Max(1, SendBytes / packets[^1].Length)).Select(static some => (Bytes: some.SelectMany(static packet => packet).ToArray(), Packets: some)).ToList();
        go.Wait();
        var left = scenario.Messages;
        for (var turn = 0; left > 0; turn++)
        {
            var (bytes, some) = blocks[turn % blocks.Count];
            connection.Send(left >= some.Length ? bytes : bytes.AsSpan(0, some.Take((int)left).Sum(static packet => packet.Length)));
            left -= some.Length;
        }
        connection.Barrier();
    }

    /// <summary>Keeps as many publishes open as it may: each acknowledgement makes room for one.</summary>
    private void PublishAcknowledged(MqttBenchConnection connection, byte[] block, int packetBytes, int idAt, long messages)
    {
        var perSend = block.Length / packetBytes;
        ushort id = 0;
        long sent = 0, acknowledged = 0;
        var needsMore = false;
        while (acknowledged < messages)
        {
            var count = (int)Math.Min(Math.Min(perSend, scenario.InFlight - (sent - acknowledged)), messages - sent);
            for (var at = 0; at < count; at++)
            {
                id = id == ushort.MaxValue ? (ushort)1 : (ushort)(id + 1);
                BinaryPrimitives.WriteUInt16BigEndian(block.AsSpan(at * packetBytes + idAt), id);
            }
            connection.Send(block.AsSpan(0, count * packetBytes));
            sent += count;
            acknowledged += PacketScanner.Count(connection.Receive(needsMore), 0x40, null, out var consumed);
            connection.Consume(consumed);
            needsMore = true;
        }
    }

    private void Receive(MqttBenchConnection connection)
    {
        var own = 0L;
        var needsMore = false;
        var answers = scenario.Qos > 0 ? new List<byte>() : null;
        try
        {
            while (true)
            {
                var count = PacketScanner.Count(connection.Receive(needsMore), 0x30, answers, out var consumed);
                connection.Consume(consumed);
                needsMore = true;
                if (count == 0)
                    continue;
                if (answers is { Count: > 0 })
                {
                    connection.Send(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(answers));
                    answers.Clear();
                }
                own += count;
                Interlocked.Add(ref _delivered, count);
                Volatile.Write(ref _lastDelivery, Stopwatch.GetTimestamp());
                if (own >= scenario.Messages && own - count < scenario.Messages && Interlocked.Decrement(ref _subscribersLeft) == 0)
                    _allDelivered.TrySetResult();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException)
        {
            // The end of the run, or a broker that closed: the count tells.
        }
    }
}
