namespace RobustMQ.Records.Logs;

/// <summary>Where to read on in one priority lane.</summary>
/// <param name="Lane">As header <c>rmq-priority</c> says; 0 for records without one.</param>
public readonly record struct LanePosition(byte Lane, Offset Next);
