using System.Diagnostics;

namespace RobustMQ.Bench.Mqtt;

/// <summary>Retains a message in every topic, then takes the time from the first SUBSCRIBE to the last retained message.</summary>
internal sealed class RetainedRunner(MqttServerAddress server, RetainedScenario scenario)
{
    /// <summary>SUBSCRIBE packets that are sent together; each is answered with one message.</summary>
    private const int Pipelined = 100;

    private const string Root = "bench/retained";

    /// <summary>Once for all runs: the broker keeps them.</summary>
    public void Prepare() => Retain(scenario.PayloadBytes);

    public void CleanUp() => Retain(payloadBytes: 0);

    public MqttRun Run()
    {
        using var client = MqttBenchConnection.Open(server, $"bench-retained-{Environment.ProcessId}", scenario.Timeout, 256 * 1024);
        var started = Stopwatch.GetTimestamp();
        var received = scenario.Lookups == 0 ? TakeAll(client) : LookUp(client);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        client.Leave();
        return new MqttRun(seconds, received, 0);
    }

    private static string TopicOf(int number) => $"{Root}/{number % 1000}/{number}";

    private void Retain(int payloadBytes)
    {
        using var publisher = MqttBenchConnection.Open(server, $"bench-retain-{Environment.ProcessId}", scenario.Timeout, 256 * 1024);
        foreach (var some in Enumerable.Range(0, scenario.Topics).Chunk(1000))
        {
            publisher.Send(some.SelectMany(number => MqttBenchConnection.Publish(TopicOf(number), 0, payloadBytes, retain: true)).ToArray());
            publisher.Barrier();
        }
        // At QoS 0 nothing says when it is found: the last one is.
        var last = MqttBenchConnection.Subscribe([TopicOf(scenario.Topics - 1)], 0);
        for (var found = payloadBytes == 0; !found;)
        {
            publisher.Send(last);
            publisher.Send([0xC0, 0]);
            found = Count(publisher, until: 0xD0) > 0;
        }
    }

    private int TakeAll(MqttBenchConnection client)
    {
        client.Send(MqttBenchConnection.Subscribe([$"{Root}/#"], 0));
        return Take(client, scenario.Topics);
    }

    private int LookUp(MqttBenchConnection client)
    {
        var received = 0;
        var step = Math.Max(1, scenario.Topics / scenario.Lookups);
        foreach (var some in Enumerable.Range(0, scenario.Lookups).Chunk(Pipelined))
        {
            client.Send(some.SelectMany(number => MqttBenchConnection.Subscribe([TopicOf(number * step)], 0)).ToArray());
            received += Take(client, some.Length);
        }
        return received;
    }

    private static int Take(MqttBenchConnection client, int count)
    {
        var received = 0;
        for (var needsMore = false; received < count; needsMore = true)
        {
            received += PacketScanner.Count(client.Receive(needsMore), 0x30, null, out var consumed);
            client.Consume(consumed);
        }
        return received;
    }

    /// <summary>Messages before a packet of another type.</summary>
    private static int Count(MqttBenchConnection client, byte until)
    {
        var messages = 0;
        var isThere = false;
        for (var needsMore = false; !isThere; needsMore = true)
        {
            var input = client.Receive(needsMore);
            messages += PacketScanner.Count(input, 0x30, null, out var consumed);
            isThere = PacketScanner.Count(input[..consumed], until, null, out _) > 0;
            client.Consume(consumed);
        }
        return messages;
    }
}
