using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Client.Tests.Processes;

public sealed class SegmentDiskTroubleTests() : DiskTroubleTests(EngineKind.Segment);
