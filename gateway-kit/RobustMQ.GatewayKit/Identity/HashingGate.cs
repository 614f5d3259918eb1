namespace RobustMQ.GatewayKit.Identity;

/// <summary>Lets a few password hashes run at once and a bounded number wait, off the threads that serve connections.</summary>
/// <param name="verify">Hashes a candidate for a secret: some 50 to 300 ms of one core.</param>
internal sealed class HashingGate(int runningMax, int waitingMax, Func<Secret, string, bool> verify) : IDisposable
{
    private readonly SemaphoreSlim _running = new(runningMax);
    private int _waiting;

    /// <returns>Null where too many wait already.</returns>
    public async Task<bool?> VerifyAsync(Secret secret, string candidate, CancellationToken cancellationToken)
    {
        if (!_running.Wait(0, CancellationToken.None))
        {
            if (Interlocked.Increment(ref _waiting) > waitingMax)
            {
                Interlocked.Decrement(ref _waiting);
                return null;
            }
            try
            {
                await _running.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
        try
        {
            // Another connection of the same user may have shown the same password while this one waited.
            return secret.IsKnown(candidate) || await Task.Run(() => verify(secret, candidate), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _running.Release();
        }
    }

    public void Dispose() => _running.Dispose();
}
