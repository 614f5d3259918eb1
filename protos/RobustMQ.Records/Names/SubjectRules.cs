using System.Text.Unicode;

namespace RobustMQ.Records;

/// <summary>Validation and matching of subjects and filters as UTF-8 bytes. Pure, allocates nothing.</summary>
public static class SubjectRules
{
    private const byte Separator = (byte)'.';

    /// <summary>True for non-empty tokens joined by <c>.</c>, valid UTF-8, no ASCII white space or control characters, no wildcard token.</summary>
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

    /// <summary>
    /// Whether a valid filter matches a valid subject. A mismatch behind a <c>**</c> goes back to the last one only, so that the cost is at most
    /// the product of both token counts, whatever the filter.
    /// </summary>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> subject)
    {
        var filterTokens = new SubjectTokens(filter);
        var subjectTokens = new SubjectTokens(subject);
        var filterRetry = default(SubjectTokens);
        var subjectRetry = default(SubjectTokens);
        var canRetry = false;
        while (!subjectTokens.IsEnd)
        {
            var wanted = filterTokens.Current;
            if (wanted.SequenceEqual(">"u8))
                return true;
            if (wanted.SequenceEqual("**"u8))
            {
                filterTokens.Advance();
                if (filterTokens.IsEnd)
                    return true;
                filterRetry = filterTokens;
                subjectRetry = subjectTokens;
                canRetry = true;
            }
            else if (!filterTokens.IsEnd && (wanted.SequenceEqual("*"u8) || wanted.SequenceEqual(subjectTokens.Current)))
            {
                filterTokens.Advance();
                subjectTokens.Advance();
            }
            else if (canRetry)
            {
                subjectRetry.Advance();
                filterTokens = filterRetry;
                subjectTokens = subjectRetry;
            }
            else
            {
                return false;
            }
        }
        while (filterTokens.Current.SequenceEqual("**"u8))
            filterTokens.Advance();
        return filterTokens.IsEnd;
    }

    /// <summary>Whether some subject exists that both valid filters match. The cost is at most the product of both token counts.</summary>
    public static bool Overlap(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => FilterOverlap.Exists(left, right);

    private static bool HasValidBytes(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text.ContainsAnyInRange((byte)0, (byte)' ') || text.Contains((byte)0x7f))
            return false;
        return Utf8.IsValid(text);
    }
}
