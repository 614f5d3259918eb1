using System.Diagnostics;
using System.Text;

namespace RobustMQ.Bench.Nats;

/// <summary>Runs one scenario against one server: connect everything, subscribe, wait for the server to know, start together, stop when all is there.</summary>
internal sealed class PubSubRunner(NatsServerAddress server, PubSubScenario scenario)
{
    /// <summary>Bytes of one send: large enough that system calls do not count, small enough to stay in the cache.</summary>
    private const int SendBytes = 64 * 1024;

    private readonly TaskCompletionSource _allDelivered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _subscribersLeft = scenario.Subscribers;
    private long _delivered;

    /// <summary>Deliveries so far, for a progress display.</summary>
    public long Delivered => Interlocked.Read(ref _delivered);

    public PubSubResult Run()
    {
        var subscribers = Open(server.Receiving, scenario.Subscribers);
        var publishers = Open(server, scenario.Publishers);
        try
        {
            foreach (var subscriber in subscribers)
            {
                subscriber.Send(Encoding.ASCII.GetBytes($"SUB {FilterOfSubscribers()} {scenario.Queue} 1\r\n"));
                subscriber.Barrier();
            }
            Thread.Sleep(server.InterestDelay);
            var threads = subscribers.ConvertAll(subscriber => LoadThread.Start(() => Subscribe(subscriber)));
            using var go = new ManualResetEventSlim();
            var publisherThreads = publishers.Select((publisher, index) => LoadThread.Start(() => Publish(publisher, index, go))).ToList();

            var watch = Stopwatch.StartNew();
            go.Set();
            publisherThreads.ForEach(static thread => thread.Join());
            if (scenario.Subscribers > 0)
                Task.WaitAny([_allDelivered.Task], scenario.Timeout);
            watch.Stop();
            subscribers.ForEach(static subscriber => subscriber.Abort());
            threads.ForEach(static thread => thread.Join());
            return new PubSubResult(server.Name, publishers[0].ServerVersion, scenario, watch.Elapsed.TotalSeconds, scenario.Messages, Delivered);
        }
        finally
        {
            subscribers.ForEach(static subscriber => subscriber.Dispose());
            publishers.ForEach(static publisher => publisher.Dispose());
        }
    }

    private List<NatsBenchConnection> Open(NatsServerAddress address, int count) =>
        Enumerable.Range(0, count).Select(_ => NatsBenchConnection.Open(address, scenario.Timeout)).ToList();

    private string FilterOfSubscribers() => scenario.OneSubjectPerPublisher ? scenario.Subject + ".*" : scenario.Subject;

    private void Publish(NatsBenchConnection connection, int index, ManualResetEventSlim go)
    {
        var messages = scenario.Messages / scenario.Publishers + (index < scenario.Messages % scenario.Publishers ? 1 : 0);
        var frame = Frame(index);
        var framesPerSend = Math.Max(1, SendBytes / frame.Length);
        if (scenario.Rate > 0)
            framesPerSend = Math.Clamp(scenario.Rate / scenario.Publishers / 1000, 1, framesPerSend);
        var block = new byte[frame.Length * framesPerSend];
        for (var at = 0; at < framesPerSend; at++)
            frame.CopyTo(block, at * frame.Length);

        go.Wait();
        var pace = new Pace(scenario.Rate / (double)scenario.Publishers);
        for (var sent = 0L; sent < messages;)
        {
            var count = (int)Math.Min(framesPerSend, messages - sent);
            connection.Send(block.AsSpan(0, count * frame.Length));
            sent += count;
            pace.WaitFor(sent);
        }
        connection.Barrier();
    }

    private byte[] Frame(int index)
    {
        var subject = scenario.OneSubjectPerPublisher ? $"{scenario.Subject}.{index}" : scenario.Subject;
        var payload = new string('x', scenario.PayloadBytes);
        const string Headers = "NATS/1.0\r\nBench: 1\r\n\r\n";
        return Encoding.ASCII.GetBytes(scenario.WithHeaders
            ? $"HPUB {subject} {Headers.Length} {Headers.Length + payload.Length}\r\n{Headers}{payload}\r\n"
            : $"PUB {subject} {payload.Length}\r\n{payload}\r\n");
    }

    private void Subscribe(NatsBenchConnection connection)
    {
        var own = 0L;
        var needsMore = false;
        try
        {
            while (true)
            {
                var count = MessageScanner.Count(connection.Receive(needsMore), out var consumed);
                connection.Consume(consumed);
                needsMore = true;
                own += count;
                var all = Interlocked.Add(ref _delivered, count);
                // In a cluster a few messages of the run before may still be on their way when this one has subscribed.
                var isLast = scenario.Queue is null
                    ? own >= scenario.Messages && own - count < scenario.Messages && Interlocked.Decrement(ref _subscribersLeft) == 0
                    : all >= scenario.Messages;
                if (isLast)
                    _allDelivered.TrySetResult();
            }
        }
        catch (Exception error) when (error is System.Net.Sockets.SocketException or ObjectDisposedException or IOException)
        {
            // The end of the run, or a server that closed: the count tells.
        }
    }
}
