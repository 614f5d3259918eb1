namespace RobustMQ.GatewayKit.Identity.Grants;

/// <summary>
/// Subjects that begin with some bytes, which no subject filter can say unless the bytes end with a whole token. Pure, allocates nothing.
/// </summary>
internal static class NamePrefix
{
    /// <summary>Whether everything that a filter matches begins so.</summary>
    /// <param name="filter">A valid filter.</param>
    public static bool Holds(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> filter) => LiteralHead(filter).StartsWith(prefix);

    /// <summary>Whether something that a filter matches may begin so. Behind a <c>**</c> the answer is yes, though it may be no.</summary>
    /// <param name="filter">A valid filter.</param>
    public static bool Touches(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> filter)
    {
        while (true)
        {
            var isLast = !TryCut(ref prefix, out var wanted);
            var ends = !TryCut(ref filter, out var token);
            if (token.SequenceEqual(">"u8) || token.SequenceEqual("**"u8))
                return true;
            var isAny = token.SequenceEqual("*"u8);
            if (isLast)
                return isAny || token.StartsWith(wanted);
            if (ends || (!isAny && !token.SequenceEqual(wanted)))
                return false;
        }
    }

    /// <summary>What every subject that the filter matches begins with.</summary>
    private static ReadOnlySpan<byte> LiteralHead(ReadOnlySpan<byte> filter)
    {
        var rest = filter;
        while (true)
        {
            var at = filter.Length - rest.Length;
            var ends = !TryCut(ref rest, out var token);
            if (token.SequenceEqual("*"u8) || token.SequenceEqual(">"u8))
                return filter[..at];
            // It may stand for no token at all, and the dot before it goes with it.
            if (token.SequenceEqual("**"u8))
                return filter[..Math.Max(at - 1, 0)];
            if (ends)
                return filter;
        }
    }

    /// <returns>False: that was the last token.</returns>
    private static bool TryCut(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> token)
    {
        var dot = rest.IndexOf((byte)'.');
        token = dot < 0 ? rest : rest[..dot];
        rest = dot < 0 ? default : rest[(dot + 1)..];
        return dot >= 0;
    }
}
