namespace RobustMQ.Storage.Consumers;

/// <summary>Consumers are changed one at a time: whoever changes one has the turn until this is disposed, once.</summary>
internal readonly struct ChangeTurn(SemaphoreSlim changes) : IDisposable
{
    /// <summary>Completes when those that came before are through.</summary>
    public static async ValueTask<ChangeTurn> EnterAsync(SemaphoreSlim changes)
    {
        await changes.WaitAsync().ConfigureAwait(false);
        return new ChangeTurn(changes);
    }

    public void Dispose() => changes.Release();
}
