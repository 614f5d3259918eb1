using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Segment;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>The contract on the disk of the machine, with the settings of a real node.</summary>
public sealed class SegmentLogEngineTests : LogEngineContract, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private protected override ValueTask<ILogEngine> OpenEngineAsync() =>
        new(new SegmentLogEngine([new DiskDirectory(_directory)], new SegmentOptions(), NullLogger.Instance));
}
