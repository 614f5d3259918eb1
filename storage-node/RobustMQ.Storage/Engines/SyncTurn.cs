namespace RobustMQ.Storage.Engines;

/// <summary>
/// Where a flush leaves a sync that nobody runs yet: whoever asked for the flush runs it itself when it has nothing else to do, which spares a hand-over to another thread and back. One thread at a
/// time, and whoever takes a sync must run it.
/// </summary>
internal sealed class SyncTurn
{
    private ISharedSync? _left;

    public void Leave(ISharedSync sync)
    {
        // One thread cannot run two at once.
        _left?.RunElsewhere();
        _left = sync;
    }

    /// <returns>Null: none was left.</returns>
    public ISharedSync? Take()
    {
        var left = _left;
        _left = null;
        return left;
    }
}
