namespace RobustMQ.Kafka.Gateway.Cluster;

/// <summary>Highest random weight: all gateways pick the same broker for a key, and a broker that leaves moves only the keys that were its own. Pure.</summary>
internal static class Rendezvous
{
    /// <param name="brokers">At least one.</param>
    public static Broker Pick(IReadOnlyList<Broker> brokers, ulong key)
    {
        var picked = brokers[0];
        var weight = 0UL;
        foreach (var broker in brokers)
        {
            var own = Mix(key ^ Mix((ulong)broker.NodeId));
            if (own >= weight)
                (picked, weight) = (broker, own);
        }
        return picked;
    }

    public static ulong KeyOf(ReadOnlySpan<byte> bytes)
    {
        // FNV-1a, the same in every process.
        var hash = 14695981039346656037UL;
        foreach (var value in bytes)
            hash = (hash ^ value) * 1099511628211UL;
        return hash;
    }

    /// <summary>The finaliser of SplitMix64.</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
