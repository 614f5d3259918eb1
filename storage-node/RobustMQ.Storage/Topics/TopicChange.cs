using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Topics;

/// <summary>A change that was applied and waits to be put in force.</summary>
/// <param name="Before">Null for a creation.</param>
/// <param name="After">Null for a deletion.</param>
internal sealed record TopicChange(Topic? Before, Topic? After, long Revision)
{
    private readonly TaskCompletionSource<ErrorCode> _inForce = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Topics whose time was over and which had to make room: put in force before.</summary>
    public IReadOnlyList<TopicChange> Preceding { get; init; } = [];

    /// <summary>Completes when reads, routing and watches see the change; with an error where that cannot be and the change is being taken back.</summary>
    public Task<ErrorCode> InForce => _inForce.Task;

    public void SetInForce(ErrorCode error = ErrorCode.None) => _inForce.TrySetResult(error);
}
