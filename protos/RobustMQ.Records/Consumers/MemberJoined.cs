namespace RobustMQ.Records.Consumers;

/// <summary>What a member is told when it has joined.</summary>
/// <param name="IsActive">False: another member is the single active one; this one waits.</param>
/// <param name="Pending">Records that it had when it was lost and that still are its own; they are delivered again first, as far as its credit goes.</param>
public readonly record struct MemberJoined(bool IsActive, long Pending, long Waiting);
