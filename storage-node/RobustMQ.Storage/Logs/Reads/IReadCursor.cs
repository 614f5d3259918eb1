using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>One way to go through a log, a bounded piece at a time. For one caller.</summary>
internal interface IReadCursor : IDisposable
{
    /// <summary>Where to read on.</summary>
    Offset Next { get; }

    /// <summary>By lane, where that is how the log is read.</summary>
    IReadOnlyList<LanePosition> Lanes { get; }

    /// <summary>Everything that the log holds was seen.</summary>
    bool IsAtEnd { get; }

    /// <summary>Adds a piece, as much as may be added within limits; maybe nothing though there is more.</summary>
    /// <param name="bytesMax">Length that <paramref name="bytes"/> should not go beyond, except by the first batch in it.</param>
    /// <param name="recordsMax">0: no limit.</param>
    /// <param name="nowMs">Records that expire at or before this are gone.</param>
    ValueTask<ErrorCode> ReadAsync(PooledBytes bytes, int bytesMax, int recordsMax, long nowMs);
}
