namespace RobustMQ.Records.Logs;

/// <summary>Outcome of a delete.</summary>
public readonly record struct DeleteResult(ErrorCode Error, Offset LogStartOffset, long DeletedRecords)
{
    public bool Succeeded => Error == ErrorCode.None;
}
