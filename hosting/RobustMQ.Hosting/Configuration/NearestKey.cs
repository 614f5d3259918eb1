namespace RobustMQ.Hosting.Configuration;

/// <summary>What a mistyped key was probably meant to be.</summary>
internal static class NearestKey
{
    /// <summary>More edits than this are another word, not a slip.</summary>
    private const int EditsMax = 3;

    public static string? Find(string key, IEnumerable<string> known)
    {
        string? nearest = null;
        var fewest = Math.Min(EditsMax, key.Length / 3) + 1;
        foreach (var candidate in known)
        {
            var edits = Edits(key, candidate);
            if (edits >= fewest)
                continue;
            fewest = edits;
            nearest = candidate;
        }
        return nearest;
    }

    /// <summary>Levenshtein distance, one row at a time.</summary>
    private static int Edits(string left, string right)
    {
        var row = new int[right.Length + 1];
        for (var at = 0; at <= right.Length; at++)
            row[at] = at;
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[right.Length];
    }
}
