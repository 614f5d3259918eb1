namespace RobustMQ.Records.Consumers;

/// <summary>Outcome of a call about one consumer. The state is there when there is no error, and with <see cref="ErrorCode.AlreadyExists"/> it is the existing one's.</summary>
public readonly record struct ConsumerResult(ErrorCode Error, ConsumerState? State, string? Message = null)
{
    public bool Succeeded => Error == ErrorCode.None;
}
