using System.Buffers;

namespace RobustMQ.Records.Logs;

/// <summary>Outcome of a read: whole batches one behind the other in a pooled buffer, which <see cref="Dispose"/> returns.</summary>
public sealed class ReadResult : IDisposable
{
    private IMemoryOwner<byte>? _owner;

    public ReadResult(IMemoryOwner<byte>? owner, ReadOnlyMemory<byte> batches)
    {
        _owner = owner;
        Batches = batches;
    }

    public ErrorCode Error { get; init; }

    /// <summary>The first batch may begin before the offset asked for: a reader skips what it did not ask for.</summary>
    public ReadOnlyMemory<byte> Batches { get; private set; }

    /// <summary>Where to read on. By priority: where lanes begin that <see cref="LanePositions"/> does not name.</summary>
    public Offset NextOffset { get; init; }

    /// <summary>By priority: where to read on in the lanes that were read.</summary>
    public IReadOnlyList<LanePosition> LanePositions { get; init; } = [];

    public Offset LogStartOffset { get; init; }

    /// <summary>Offset that the next record will get; of messages only: how far the log is decided.</summary>
    public Offset LogEndOffset { get; init; }

    /// <summary>First offset of an open transaction; <see cref="LogEndOffset"/> where none is. Told of stored batches.</summary>
    public Offset StableEndOffset { get; init; } = Offset.None;

    /// <summary>Of stored batches before the first open transaction: what of them was aborted.</summary>
    public IReadOnlyList<AbortedTransaction> Aborted { get; init; } = [];

    public bool Succeeded => Error == ErrorCode.None;

    public static ReadResult Failed(ErrorCode error) => new(null, default) { Error = error, NextOffset = Offset.None, LogStartOffset = Offset.None, LogEndOffset = Offset.None };

    public void Dispose()
    {
        Batches = default;
        Interlocked.Exchange(ref _owner, null)?.Dispose();
    }
}
