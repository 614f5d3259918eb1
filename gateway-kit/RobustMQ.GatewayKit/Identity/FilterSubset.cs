namespace RobustMQ.GatewayKit.Identity;

/// <summary>Whether one filter takes in everything that another one does. Pure, allocates nothing.</summary>
internal static class FilterSubset
{
    /// <param name="inner">A valid filter.</param>
    /// <param name="outer">A valid filter; matches every subject that <paramref name="inner"/> matches, where the answer is true.</param>
    /// <remarks>A subject has a token at least: a whole <c>&gt;</c> takes in everything, <c>**</c> too.</remarks>
    public static bool IsWithin(ReadOnlySpan<byte> inner, ReadOnlySpan<byte> outer) => outer.SequenceEqual(">"u8) || IsWithin(new Tokens(inner), new Tokens(outer));

    private static bool IsWithin(Tokens inner, Tokens outer)
    {
        while (true)
        {
            if (!outer.TryTake(out var allowed))
                return inner.IsEmpty;
            if (allowed.SequenceEqual("**"u8))
                return IsWithinAfterAny(inner, outer);
            if (allowed.SequenceEqual(">"u8))
                return HasCertainToken(inner);
            if (!inner.TryTake(out var token) || token.SequenceEqual(">"u8) || token.SequenceEqual("**"u8))
                return false;
            if (!allowed.SequenceEqual("*"u8) && (token.SequenceEqual("*"u8) || !token.SequenceEqual(allowed)))
                return false;
        }
    }

    /// <summary>Behind a <c>**</c> the rest of the outer filter may begin anywhere.</summary>
    private static bool IsWithinAfterAny(Tokens inner, Tokens outer)
    {
        if (outer.IsEmpty)
            return true;
        do
        {
            if (IsWithin(inner, outer))
                return true;
        }
        while (inner.TryTake(out _));
        return false;
    }

    /// <summary>A filter of nothing but <c>**</c> also matches no token at all.</summary>
    private static bool HasCertainToken(Tokens inner)
    {
        while (inner.TryTake(out var token))
        {
            if (!token.SequenceEqual("**"u8))
                return true;
        }
        return false;
    }

    private ref struct Tokens(ReadOnlySpan<byte> text)
    {
        private ReadOnlySpan<byte> _rest = text;

        public bool IsEmpty { get; private set; } = text.IsEmpty;

        public bool TryTake(out ReadOnlySpan<byte> token)
        {
            token = default;
            if (IsEmpty)
                return false;
            var at = _rest.IndexOf((byte)'.');
            IsEmpty = at < 0;
            token = IsEmpty ? _rest : _rest[..at];
            _rest = IsEmpty ? default : _rest[(at + 1)..];
            return true;
        }
    }
}
