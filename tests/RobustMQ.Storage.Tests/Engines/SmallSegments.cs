using RobustMQ.Storage.Engines.Segment;

namespace RobustMQ.Storage.Tests.Engines;

internal static class SmallSegments
{
    public static SegmentOptions Options { get; } =
        new() { SegmentBytes = 2_000, SegmentBytesMin = 500, IndexIntervalBytes = 100, OpenFilesMax = 2, RunsInPlace = true, TailBytesMax = 0 };
}
