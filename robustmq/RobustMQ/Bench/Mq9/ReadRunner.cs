using System.Diagnostics;
using HdrHistogram;

namespace RobustMQ.Bench.Mq9;

/// <summary>
/// Clients that fetch and acknowledge, each from a place of its own as agents do. What is stored is read again and again, each time by a reader that is new, so that it need not be stored as
/// often as it is read.
/// </summary>
internal sealed class ReadRunner(IReadOnlyList<StoreTarget> places, int stored, int batch, TimeSpan timeout)
{
    private readonly LongConcurrentHistogram _latencies = new(1, TimeStamp.Seconds(60), 3);
    private long _read;

    /// <param name="first">Of the readers; others of the same places have had lower numbers.</param>
    public ReadResult Run(TimeSpan duration, int first)
    {
        var readers = places.Select(place => place.Read(timeout)).ToList();
        try
        {
            var watch = Stopwatch.StartNew();
            var threads = readers.ConvertAll(reader => LoadThread.Start(() => Read(reader, duration, first)));
            threads.ForEach(static thread => thread.Join());
            watch.Stop();
            return new ReadResult(_read / watch.Elapsed.TotalSeconds, Microseconds(50), Microseconds(99));
        }
        finally
        {
            readers.ForEach(static reader => reader.Dispose());
        }
    }

    private void Read(IBatchReader reader, TimeSpan duration, int first)
    {
        var began = Stopwatch.GetTimestamp();
        for (var number = first; Stopwatch.GetElapsedTime(began) < duration; number++)
        {
            reader.Begin(number);
            for (var taken = 0; taken < stored && Stopwatch.GetElapsedTime(began) < duration; taken += batch)
            {
                var asked = Stopwatch.GetTimestamp();
                reader.Take(batch);
                _latencies.RecordValue(Math.Max(1, Stopwatch.GetTimestamp() - asked));
                Interlocked.Add(ref _read, batch);
            }
        }
    }

    private double Microseconds(double percentile) => Math.Round(_latencies.GetValueAtPercentile(percentile) * 1e6 / Stopwatch.Frequency, 1);
}

/// <summary>One run. Latencies of a fetch and its acknowledgement together, microseconds.</summary>
internal sealed record ReadResult(double Rate, double P50Us, double P99Us);
