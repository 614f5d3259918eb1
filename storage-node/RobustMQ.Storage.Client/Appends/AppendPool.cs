using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Client.Appends;

/// <summary>Hands results to callers, and keeps finished appends for later ones. Guarded by the queue's lock.</summary>
internal sealed class AppendPool(AppendQueue queue)
{
    private const int SpareMax = 4096;

    private readonly Stack<PendingAppend> _spare = [];

    public PendingAppend Rent() => _spare.TryPop(out var append) ? append : new PendingAppend(queue);

    public void Finish(PendingAppend append, in AppendResult result)
    {
        if (!append.IsCompleted)
        {
            append.IsCompleted = true;
            append.IsTainted |= append.Cancellation != default && !append.Cancellation.Unregister();
            append.Complete(result);
        }
        Recycle(append);
    }

    /// <summary>Takes an append back once its writer, its caller and its cancellation have let go of it.</summary>
    public void Recycle(PendingAppend append)
    {
        if (append.IsBeingWritten)
            return;
        append.ReleaseCopy();
        if (!append.IsTaken || append.IsTainted || _spare.Count >= SpareMax)
            return;
        append.Reset();
        _spare.Push(append);
    }
}
