namespace RobustMQ.Records.Tests.Names;

/// <summary>What a filter means, as directly as it can be said, and random filters and subjects of few different tokens.</summary>
internal static class NaiveFilter
{
    public static bool Matches(ReadOnlySpan<string> filter, ReadOnlySpan<string> subject, bool hasAnyToken = true)
    {
        if (filter.IsEmpty)
            return subject.IsEmpty;
        if (filter[0] == ">" && filter.Length == 1)
            return !subject.IsEmpty;
        if (filter[0] == "**" && hasAnyToken)
            return Matches(filter[1..], subject, hasAnyToken) || (!subject.IsEmpty && Matches(filter, subject[1..], hasAnyToken));
        return !subject.IsEmpty && (filter[0] == "*" || filter[0] == subject[0]) && Matches(filter[1..], subject[1..], hasAnyToken);
    }

    public static bool Matches(string filter, string subject, bool hasAnyToken = true) => Matches(filter.Split('.'), subject.Split('.'), hasAnyToken);

    /// <summary>Every subject of up to six tokens out of three.</summary>
    public static IReadOnlyList<string[]> Subjects { get; } = [.. Enumerable.Range(1, 6).SelectMany(AllOf)];

    private static IEnumerable<string[]> AllOf(int tokens) =>
        tokens == 0 ? [[]] : AllOf(tokens - 1).SelectMany(rest => new[] { "a", "b", "c" }.Select(token => (string[])[token, .. rest]));
}
