using System.Diagnostics;

namespace RobustMQ.Bench.Nats;

/// <summary>Keeps a sender to a rate; a rate of 0 lets it run.</summary>
internal readonly struct Pace(double perSecond)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public void WaitFor(long sent)
    {
        if (perSecond <= 0)
            return;
        var due = TimeSpan.FromSeconds(sent / perSecond);
        var ahead = due - Stopwatch.GetElapsedTime(_start);
        if (ahead > TimeSpan.FromMilliseconds(1))
            Thread.Sleep(ahead);
        else
            while (Stopwatch.GetElapsedTime(_start) < due)
                Thread.SpinWait(20);
    }
}
