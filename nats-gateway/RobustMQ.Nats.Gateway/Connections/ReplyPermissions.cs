using RobustMQ.Records.Subjects;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>The reply subjects of requests that a client was given, each of which it may publish to a number of times within a time. Thread-safe, bounded.</summary>
/// <param name="responsesMax">Publishes per request; 0: no limit.</param>
/// <param name="validFor">Zero: no limit.</param>
internal sealed class ReplyPermissions(int responsesMax, TimeSpan validFor, TimeProvider time)
{
    /// <summary>Requests that may be waiting for an answer at once; the oldest give way.</summary>
    private const int RequestsMax = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<byte[], Allowance> _allowances = new(Utf8Comparer.Instance);
    private readonly Queue<byte[]> _oldest = new();

    public void Allow(ReadOnlySpan<byte> reply)
    {
        lock (_lock)
        {
            var subject = reply.ToArray();
            _allowances[subject] = new Allowance(responsesMax, time.GetUtcNow());
            _oldest.Enqueue(subject);
            while (_oldest.Count > RequestsMax)
                _allowances.Remove(_oldest.Dequeue());
        }
    }

    /// <summary>Uses up one publish to a subject, where there is one left.</summary>
    public bool Take(ReadOnlySpan<byte> subject)
    {
        lock (_lock)
        {
            var lookup = _allowances.GetAlternateLookup<ReadOnlySpan<byte>>();
            if (!lookup.TryGetValue(subject, out var allowance))
                return false;
            if (validFor > TimeSpan.Zero && time.GetUtcNow() - allowance.Since > validFor)
            {
                lookup.Remove(subject);
                return false;
            }
            if (responsesMax > 0)
            {
                if (allowance.Left <= 1)
                    lookup.Remove(subject);
                else
                    lookup[subject] = allowance with { Left = allowance.Left - 1 };
            }
            return true;
        }
    }

    private readonly record struct Allowance(int Left, DateTimeOffset Since);
}
