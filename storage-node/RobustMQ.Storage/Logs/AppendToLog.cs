using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Replication;

namespace RobustMQ.Storage.Logs;

/// <summary>An append to a persistent log. Result: <see cref="AppendResult"/>.</summary>
/// <param name="Batch">Unchanged until the operation completes.</param>
internal sealed record AppendToLog(LogId Log, ReadOnlyMemory<byte> Batch, Durability Durability, AppendConditions? Conditions, long NowMs) : LogOperation
{
    public override bool MayOverlap => true;

    /// <summary>Told of the append when it is as durable as it asks; null: nobody is.</summary>
    public IAppendListener? Listener { get; init; }

    /// <summary>How its live copies travel.</summary>
    public LiveRouting Routing { get; init; }

    /// <summary>The log that it was applied to.</summary>
    public LogPartition? Partition { get; set; }
}

/// <summary>Removes records of a persistent log. Result: <see cref="DeleteResult"/>.</summary>
/// <param name="Before">Everything before this offset; null: the single <paramref name="Offsets"/>.</param>
/// <param name="Durability">What the answer waits for; the removal goes to the device with the next sync at the latest.</param>
internal sealed record DeleteFromLog(LogId Log, Offset? Before, IReadOnlyList<Offset> Offsets, Durability Durability = Durability.Durable) : LogOperation
{
    /// <summary>A removal that nobody waits for holds no publisher up.</summary>
    public override bool MayOverlap => Durability < Durability.Durable;
}

/// <summary>Applies retention to a persistent log as of a moment that the leader read from its clock. Result: nothing.</summary>
internal sealed record RetainLog(LogId Log, long NowMs) : LogOperation;
