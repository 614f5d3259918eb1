using RobustMQ.Records;
using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Logs;

/// <summary>
/// Appends to logs that are not there yet, which the first of them brings into being: those that come meanwhile wait behind it, so that appends of one thread keep their order. Any thread; costs the
/// others a look at a number.
/// </summary>
/// <param name="find">Brings a log into being. Null: there is none.</param>
/// <param name="append">Begins an append in the log's order, at once.</param>
/// <param name="whyNot">Why there is no log.</param>
internal sealed class AbsentAppends(
    Func<TopicPartition, ValueTask<LogPartition?>> find, Func<LogPartition, AppendRequest, ValueTask<AppendResult>> append, Func<TopicPartition, ErrorCode> whyNot)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TopicPartition, Queue<Waiting>> _lanes = [];
    private volatile int _count;

    /// <summary>Nothing waits for any log.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Puts an append behind those that wait for its log.</summary>
    /// <returns>False: none does.</returns>
    public bool TryFollow(in AppendRequest request, out ValueTask<AppendResult> result)
    {
        lock (_lock)
        {
            var isFollowing = _lanes.TryGetValue(request.Log, out var lane);
            result = isFollowing ? Enqueue(lane!, request) : default;
            return isFollowing;
        }
    }

    /// <summary>Puts an append behind those that wait for its log; the first brings it into being.</summary>
    public ValueTask<AppendResult> Add(in AppendRequest request)
    {
        ValueTask<AppendResult> result;
        lock (_lock)
        {
            var isFirst = !_lanes.TryGetValue(request.Log, out var lane);
            if (isFirst)
                _lanes[request.Log] = lane = [];
            _count = _lanes.Count;
            result = Enqueue(lane!, request);
            if (!isFirst)
                return result;
        }
        _ = RunAsync(request.Log);
        return result;
    }

    private static ValueTask<AppendResult> Enqueue(Queue<Waiting> lane, in AppendRequest request)
    {
        var waiting = new Waiting(request, new TaskCompletionSource<AppendResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        lane.Enqueue(waiting);
        return new ValueTask<AppendResult>(waiting.Outcome.Task);
    }

    private async Task RunAsync(TopicPartition log)
    {
        LogPartition? partition = null;
        Exception? failure = null;
        try
        {
            partition = await find(log).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            failure = error;
        }
        // Whoever brought the log into being has others to serve than those that wait for it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var begun = new List<(Waiting Waiting, Task<AppendResult> Appending)>();
        List<Waiting> taken;
        do
        {
            taken = Take(log);
            // Not before: where nobody else waits, who has an answer appends to the log itself from then on.
            foreach (var (waiting, appending) in begun)
                _ = FinishAsync(waiting, appending);
            begun.Clear();
            foreach (var waiting in taken)
                begun.Add((waiting, Begin(waiting.Request, partition, failure).AsTask()));
        }
        while (taken.Count > 0);
    }

    /// <summary>Everything that waits. None: from now on appends find the log themselves.</summary>
    private List<Waiting> Take(TopicPartition log)
    {
        lock (_lock)
        {
            List<Waiting> taken = [.. _lanes[log]];
            _lanes[log].Clear();
            if (taken.Count == 0)
                _lanes.Remove(log);
            _count = _lanes.Count;
            return taken;
        }
    }

    private ValueTask<AppendResult> Begin(in AppendRequest request, LogPartition? partition, Exception? failure)
    {
        try
        {
            return failure is not null ? ValueTask.FromException<AppendResult>(failure)
                : partition is null ? ValueTask.FromResult(AppendResult.Failed(whyNot(request.Log)))
                : append(partition, request);
        }
        catch (Exception error)
        {
            return ValueTask.FromException<AppendResult>(error);
        }
    }

    private static async Task FinishAsync(Waiting waiting, Task<AppendResult> appending)
    {
        try
        {
            waiting.Outcome.SetResult(await appending.ConfigureAwait(false));
        }
        catch (Exception error)
        {
            waiting.Outcome.SetException(error);
        }
    }

    private sealed record Waiting(AppendRequest Request, TaskCompletionSource<AppendResult> Outcome);
}
