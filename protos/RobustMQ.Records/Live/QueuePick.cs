namespace RobustMQ.Records.Live;

/// <summary>For one record of a batch: the one subscriber that may give it to a member of this queue group.</summary>
public readonly record struct QueuePick(int RecordIndex, string Queue, SubscriberId Subscriber);
