using System.Net;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>
/// Makes an address that fails to log in again and again wait between tries. Successes do not clear it at once: a valid user behind the same address must not open the
/// way for guesses. Bounded; any thread.
/// </summary>
/// <param name="failuresMax">Failures that cost nothing yet.</param>
/// <param name="first">First wait; each further failure doubles it, up to 100 times.</param>
internal sealed class FailureBackoff(int failuresMax, TimeSpan first, TimeProvider time)
{
    private const int WaitFactorMax = 100;

    /// <summary>Addresses remembered; when full, those that have been quiet go.</summary>
    private const int AddressesMax = 10_000;

    /// <summary>Failures are forgotten after this long without one.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Failures> _addresses = [];

    public bool MustWait(IPAddress address)
    {
        lock (_lock)
            return _addresses.TryGetValue(address, out var failures) && time.GetUtcNow() < failures.WaitUntil;
    }

    public void Fail(IPAddress address)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (!_addresses.TryGetValue(address, out var failures) || now - failures.Last > Memory)
                failures = default;
            if (_addresses.Count >= AddressesMax)
                Forget(now);
            var count = failures.Count + 1;
            var wait = count < failuresMax ? TimeSpan.Zero : first * Math.Min(WaitFactorMax, Math.Pow(2, Math.Min(count - failuresMax, 16)));
            _addresses[address] = new Failures(count, now, now + wait);
        }
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (address, failures) in _addresses)
        {
            if (now - failures.Last > Memory)
                _addresses.Remove(address);
        }
        // All of them are fresh: an attack from very many addresses, which the hashing limit has to bear.
        if (_addresses.Count >= AddressesMax)
            _addresses.Clear();
    }

    private readonly record struct Failures(int Count, DateTimeOffset Last, DateTimeOffset WaitUntil);
}
