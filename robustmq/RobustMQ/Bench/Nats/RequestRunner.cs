using System.Diagnostics;
using System.Globalization;
using System.Text;
using HdrHistogram;

namespace RobustMQ.Bench.Nats;

/// <summary>Runs a request-reply scenario. Requesters use one inbox with a number per request, as the field's clients do.</summary>
internal sealed class RequestRunner(NatsServerAddress server, RequestScenario scenario)
{
    private readonly LongConcurrentHistogram _latencies = new(1, TimeStamp.Seconds(60), 3);
    private long _answered;

    public long Answered => Interlocked.Read(ref _answered);

    public RequestResult Run()
    {
        var responders = Enumerable.Range(0, scenario.Responders).Select(_ => NatsBenchConnection.Open(server.Receiving, scenario.Timeout)).ToList();
        var requesters = Enumerable.Range(0, scenario.Requesters).Select(_ => NatsBenchConnection.Open(server, scenario.Timeout)).ToList();
        try
        {
            foreach (var responder in responders)
            {
                responder.Send(Encoding.ASCII.GetBytes($"SUB {scenario.Subject} bench 1\r\n"));
                responder.Barrier();
            }
            Thread.Sleep(server.InterestDelay);
            var answering = responders.ConvertAll(responder => LoadThread.Start(() => Respond(responder)));
            var watch = Stopwatch.StartNew();
            var asking = requesters.Select((requester, index) => LoadThread.Start(() => Request(requester, index))).ToList();
            asking.ForEach(static thread => thread.Join());
            watch.Stop();
            responders.ForEach(static responder => responder.Abort());
            answering.ForEach(static thread => thread.Join());
            return new RequestResult(
                server.Name, requesters[0].ServerVersion, scenario, watch.Elapsed.TotalSeconds, Answered,
                Percentile(50), Percentile(90), Percentile(99), Percentile(99.9), Microseconds(_latencies.GetMaxValue()));
        }
        finally
        {
            responders.ForEach(static responder => responder.Dispose());
            requesters.ForEach(static requester => requester.Dispose());
        }
    }

    private double Percentile(double percentile) => Microseconds(_latencies.GetValueAtPercentile(percentile));

    private static double Microseconds(long ticks) => Math.Round(ticks * 1e6 / Stopwatch.Frequency, 1);

    private void Request(NatsBenchConnection connection, int index)
    {
        var requests = scenario.Requests / scenario.Requesters + (index < scenario.Requests % scenario.Requesters ? 1 : 0);
        var inbox = $"_INBOX.bench{index}{Guid.NewGuid():n}";
        connection.Send(Encoding.ASCII.GetBytes($"SUB {inbox}.* 1\r\n"));
        connection.Barrier();
        Thread.Sleep(server.InterestDelay);
        var payload = new string('x', scenario.PayloadBytes);
        var sentAt = new long[requests];
        var sent = 0L;
        var answered = 0L;
        var needsMore = false;
        try
        {
            while (answered < requests)
            {
                for (; sent < requests && sent - answered < scenario.InFlight; sent++)
                {
                    sentAt[sent] = Stopwatch.GetTimestamp();
                    connection.Send(Encoding.ASCII.GetBytes($"PUB {scenario.Subject} {inbox}.{sent} {payload.Length}\r\n{payload}\r\n"));
                }
                var input = connection.Receive(needsMore);
                var at = 0;
                while (MessageReader.TryRead(input[at..], out var message))
                {
                    var number = long.Parse(message.Subject[(message.Subject.LastIndexOf((byte)'.') + 1)..], CultureInfo.InvariantCulture);
                    _latencies.RecordValue(Math.Max(1, Stopwatch.GetTimestamp() - sentAt[number]));
                    answered++;
                    Interlocked.Increment(ref _answered);
                    at += message.TotalLength;
                }
                connection.Consume(at);
                needsMore = true;
            }
        }
        catch (Exception error) when (error is System.Net.Sockets.SocketException or ObjectDisposedException or IOException)
        {
            // The count tells what is missing.
        }
    }

    private static void Respond(NatsBenchConnection connection)
    {
        var output = new byte[256 * 1024];
        var needsMore = false;
        try
        {
            while (true)
            {
                var input = connection.Receive(needsMore);
                var at = 0;
                var length = 0;
                while (MessageReader.TryRead(input[at..], out var message))
                {
                    if (output.Length - length < message.TotalLength + 32)
                    {
                        connection.Send(output.AsSpan(0, length));
                        length = 0;
                    }
                    length += WriteAnswer(output.AsSpan(length), message);
                    at += message.TotalLength;
                }
                connection.Consume(at);
                needsMore = true;
                connection.Send(output.AsSpan(0, length));
            }
        }
        catch (Exception error) when (error is System.Net.Sockets.SocketException or ObjectDisposedException or IOException)
        {
            // The end of the run.
        }
    }

    private static int WriteAnswer(Span<byte> target, in ReceivedMessage message)
    {
        "PUB "u8.CopyTo(target);
        var at = 4;
        message.Reply.CopyTo(target[at..]);
        at += message.Reply.Length;
        target[at++] = (byte)' ';
        message.Payload.Length.TryFormat(target[at..], out var digits, default, CultureInfo.InvariantCulture);
        at += digits;
        "\r\n"u8.CopyTo(target[at..]);
        at += 2;
        message.Payload.CopyTo(target[at..]);
        at += message.Payload.Length;
        "\r\n"u8.CopyTo(target[at..]);
        return at + 2;
    }
}
