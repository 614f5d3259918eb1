namespace RobustMQ.Mqtt.Protocol;

/// <summary><c>$share/{name}/{filter}</c> (5.0 section 4.8.2).</summary>
public readonly ref struct SharedFilter
{
    private SharedFilter(ReadOnlySpan<byte> name, ReadOnlySpan<byte> filter)
    {
        Name = name;
        Filter = filter;
    }

    public ReadOnlySpan<byte> Name { get; }

    public ReadOnlySpan<byte> Filter { get; }

    public static bool IsShared(ReadOnlySpan<byte> filter) => filter.StartsWith("$share/"u8);

    /// <summary>False where the share name is empty or has a wildcard, or no filter follows it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out SharedFilter shared)
    {
        shared = default;
        if (!IsShared(text))
            return false;
        var rest = text["$share/"u8.Length..];
        var at = rest.IndexOf((byte)'/');
        if (at <= 0 || at + 1 == rest.Length || rest[..at].ContainsAny((byte)'+', (byte)'#'))
            return false;
        shared = new SharedFilter(rest[..at], rest[(at + 1)..]);
        return true;
    }
}
