using RobustMQ.Records;

namespace RobustMQ.Storage.Replication;

/// <summary>
/// The one seam through which durable state changes. Operations are applied one at a time, in one order, on every member; an operation carries every clock reading and
/// every random choice that it needs, so that apply is deterministic.
/// </summary>
internal interface IReplicationGroup : IAsyncDisposable
{
    /// <summary>Of the present leader.</summary>
    Epoch Epoch { get; }

    /// <summary>Index of the last operation that was applied.</summary>
    long AppliedIndex { get; }

    /// <summary>Why the group takes no more operations; null while it does.</summary>
    Exception? Failure { get; }

    /// <summary>Applies operations one directly behind the other. Completes when what they changed is as durable as they ask.</summary>
    /// <returns>One result an operation, in order. A group that failed answers <see cref="ErrorCode.UnknownOutcome"/> for what was under way and <see cref="ErrorCode.DiskFailure"/> from then on.</returns>
    Task<OperationResult[]> ProposeAsync(params Operation[] operations);

    /// <summary>
    /// As <see cref="ProposeAsync"/>, by a thread that has nothing better to do than to wait: where nobody else is at it, it applies the operations and runs their sync itself, and finds the task
    /// completed. Not inside of a lock.
    /// </summary>
    Task<OperationResult[]> ProposeHereAsync(params Operation[] operations);
}
