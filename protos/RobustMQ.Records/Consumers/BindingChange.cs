namespace RobustMQ.Records.Consumers;

/// <summary>Bindings that come and go in one step: removed ones first, so that one can be replaced under its own id.</summary>
public sealed record BindingChange
{
    public required ConsumerRef Consumer { get; init; }

    /// <summary>Ids; those that are not there are no error.</summary>
    public IReadOnlyList<int> Remove { get; init; } = [];

    /// <summary>An id that is there already is <see cref="ErrorCode.AlreadyExists"/>, and nothing is changed.</summary>
    public IReadOnlyList<ConsumerBinding> Add { get; init; } = [];
}
