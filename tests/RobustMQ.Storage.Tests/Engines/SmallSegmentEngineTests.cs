using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Tests.Disk;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>The contract with segments of a few batches, an index entry for nearly every batch and two open files: every operation crosses segments.</summary>
public sealed class SmallSegmentEngineTests : LogEngineContract
{
    private readonly FaultyDisk _disk = new();

    private protected override ValueTask<ILogEngine> OpenEngineAsync() =>
        new(new SegmentLogEngine([_disk.Root], SmallSegments.Options, NullLogger.Instance));
}
