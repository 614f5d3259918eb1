using System.Collections.Concurrent;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// Batches that were to begin a transaction in a log and could not: what was sent behind them waits until they come again. A log that knows nothing of a producer, or no longer, takes whatever comes
/// first, and would have no place for the earlier one then.
/// </summary>
internal sealed class MissedBeginnings
{
    /// <summary>Producers that gave up leave theirs behind; when full they are all forgotten.</summary>
    private const int Max = 10_000;

    private readonly ConcurrentDictionary<(TopicPartition Log, long ProducerId, short Epoch), int> _sequences = new();

    public bool MayBegin(TransactionalAppend append) => !_sequences.TryGetValue(Key(append), out var missed) || !IsAhead(append.BaseSequence, missed);

    public void Add(TransactionalAppend append)
    {
        if (_sequences.Count >= Max)
            _sequences.Clear();
        _sequences.AddOrUpdate(Key(append), static (_, sequence) => sequence, static (_, missed, sequence) => IsAhead(sequence, missed) ? missed : sequence, append.BaseSequence);
    }

    public void Remove(TransactionalAppend append) => _sequences.TryRemove(Key(append), out _);

    /// <summary>On the circle of sequence numbers.</summary>
    private static bool IsAhead(int sequence, int missed)
    {
        const long Circle = 1L << 31;
        var distance = ((long)sequence - missed + Circle) % Circle;
        return distance is > 0 and < Circle / 2;
    }

    private static (TopicPartition Log, long ProducerId, short Epoch) Key(TransactionalAppend append) => (append.Request.Log, append.ProducerId, append.ProducerEpoch);
}
