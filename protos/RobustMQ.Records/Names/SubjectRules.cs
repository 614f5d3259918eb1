using System.Text.Unicode;

namespace RobustMQ.Records;

/// <summary>Validation and matching of subjects and filters as UTF-8 bytes. Pure, allocates nothing.</summary>
public static class SubjectRules
{
    private const byte Separator = (byte)'.';

    /// <summary>True for non-empty tokens joined by <c>.</c>, valid UTF-8, no white space or control characters, no wildcard token.</summary>
    public static bool IsSubject(ReadOnlySpan<byte> text)
    {
        if (!HasValidBytes(text))
            return false;
        foreach (var range in text.Split(Separator))
        {
            var token = text[range];
            if (token.IsEmpty || token.SequenceEqual("*"u8) || token.SequenceEqual("**"u8) || token.SequenceEqual(">"u8))
                return false;
        }
        return true;
    }

    /// <summary>As <see cref="IsSubject"/>, and tokens may be <c>*</c>, <c>**</c> or a last <c>&gt;</c>.</summary>
    public static bool IsFilter(ReadOnlySpan<byte> text)
    {
        if (!HasValidBytes(text))
            return false;
        foreach (var range in text.Split(Separator))
        {
            var token = text[range];
            if (token.IsEmpty || (token.SequenceEqual(">"u8) && range.End.GetOffset(text.Length) != text.Length))
                return false;
        }
        return true;
    }

    /// <summary>True where some token of the filter is a wildcard.</summary>
    public static bool HasWildcard(ReadOnlySpan<byte> filter)
    {
        foreach (var range in filter.Split(Separator))
        {
            var token = filter[range];
            if (token.SequenceEqual("*"u8) || token.SequenceEqual(">"u8) || token.SequenceEqual("**"u8))
                return true;
        }
        return false;
    }

    /// <summary>Whether a valid filter matches a valid subject.</summary>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> subject)
    {
        while (true)
        {
            var token = TakeToken(ref filter, out var filterEnds);
            if (token.SequenceEqual(">"u8))
                return true;
            if (token.SequenceEqual("**"u8))
                return MatchesAfterAny(filter, filterEnds, subject);

            var level = TakeToken(ref subject, out var subjectEnds);
            if (!token.SequenceEqual("*"u8) && !token.SequenceEqual(level))
                return false;
            if (subjectEnds)
                return filterEnds || IsOnlyAny(filter);
            if (filterEnds)
                return false;
        }
    }

    /// <summary>Whether some subject exists that both valid filters match.</summary>
    public static bool Overlap(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var l = left;
        var r = right;
        var leftToken = TakeToken(ref l, out var leftEnds);
        var rightToken = TakeToken(ref r, out var rightEnds);

        if (leftToken.SequenceEqual("**"u8))
            return OverlapAfterAny(l, leftEnds, right);
        if (rightToken.SequenceEqual("**"u8))
            return OverlapAfterAny(r, rightEnds, left);
        if (leftToken.SequenceEqual(">"u8) || rightToken.SequenceEqual(">"u8))
            return true;
        if (!leftToken.SequenceEqual("*"u8) && !rightToken.SequenceEqual("*"u8) && !leftToken.SequenceEqual(rightToken))
            return false;
        if (leftEnds || rightEnds)
            return (leftEnds || IsOnlyAny(l)) && (rightEnds || IsOnlyAny(r));
        return Overlap(l, r);
    }

    private static bool HasValidBytes(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text.ContainsAnyInRange((byte)0, (byte)' ') || text.Contains((byte)0x7f))
            return false;
        return Utf8.IsValid(text);
    }

    private static ReadOnlySpan<byte> TakeToken(ref ReadOnlySpan<byte> rest, out bool ends)
    {
        var at = rest.IndexOf(Separator);
        ends = at < 0;
        var token = ends ? rest : rest[..at];
        rest = ends ? default : rest[(at + 1)..];
        return token;
    }

    private static bool IsOnlyAny(ReadOnlySpan<byte> filter)
    {
        while (true)
        {
            if (!TakeToken(ref filter, out var ends).SequenceEqual("**"u8))
                return false;
            if (ends)
                return true;
        }
    }

    private static bool MatchesAfterAny(ReadOnlySpan<byte> filter, bool filterEnds, ReadOnlySpan<byte> subject)
    {
        if (filterEnds)
            return true;
        while (true)
        {
            if (Matches(filter, subject))
                return true;
            TakeToken(ref subject, out var ends);
            if (ends)
                return IsOnlyAny(filter);
        }
    }

    private static bool OverlapAfterAny(ReadOnlySpan<byte> filter, bool filterEnds, ReadOnlySpan<byte> other)
    {
        if (filterEnds)
            return true;
        if (Overlap(filter, other))
            return true;
        var rest = other;
        while (true)
        {
            var token = TakeToken(ref rest, out var ends);
            if (token.SequenceEqual(">"u8) || token.SequenceEqual("**"u8))
                return true;
            if (ends)
                return IsOnlyAny(filter);
            if (Overlap(filter, rest))
                return true;
        }
    }
}
