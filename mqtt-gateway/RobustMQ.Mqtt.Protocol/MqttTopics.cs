namespace RobustMQ.Mqtt.Protocol;

/// <summary>The grammar of topic names and filters (5.0 section 4.7). The text is valid UTF-8 already. Pure, allocates nothing.</summary>
public static class MqttTopics
{
    private const byte Separator = (byte)'/';

    /// <summary>At least one character, no wildcards, at most <paramref name="levelsMax"/> levels.</summary>
    public static bool IsName(ReadOnlySpan<byte> topic, int levelsMax) =>
        !topic.IsEmpty && !topic.ContainsAny((byte)'+', (byte)'#') && LevelsAtMost(topic, levelsMax);

    /// <summary><c>+</c> and <c>#</c> stand alone in their level, and <c>#</c> in the last one only.</summary>
    public static bool IsFilter(ReadOnlySpan<byte> filter, int levelsMax)
    {
        if (filter.IsEmpty || !LevelsAtMost(filter, levelsMax))
            return false;
        foreach (var range in filter.Split(Separator))
        {
            var level = filter[range];
            if (level.Length > 1 && level.ContainsAny((byte)'+', (byte)'#'))
                return false;
            if (level.SequenceEqual("#"u8) && range.End.GetOffset(filter.Length) != filter.Length)
                return false;
        }
        return true;
    }

    public static bool HasWildcard(ReadOnlySpan<byte> filter) => filter.ContainsAny((byte)'+', (byte)'#');

    /// <summary>Whether a filter matches a topic. A wildcard in the first level does not match a topic that begins with <c>$</c> (5.0 section 4.7.2).</summary>
    public static bool Matches(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> topic)
    {
        if (!topic.IsEmpty && topic[0] == '$' && (filter.IsEmpty || filter[0] is (byte)'+' or (byte)'#'))
            return false;
        while (true)
        {
            var wanted = TakeLevel(ref filter, out var filterEnds);
            if (wanted.SequenceEqual("#"u8))
                return true;
            var level = TakeLevel(ref topic, out var topicEnds);
            if (!wanted.SequenceEqual("+"u8) && !wanted.SequenceEqual(level))
                return false;
            if (filterEnds)
                return topicEnds;
            // A last "#" also stands for its parent.
            if (topicEnds)
                return filter.SequenceEqual("#"u8);
        }
    }

    private static bool LevelsAtMost(ReadOnlySpan<byte> topic, int levelsMax) => topic.Count(Separator) < levelsMax;

    private static ReadOnlySpan<byte> TakeLevel(ref ReadOnlySpan<byte> rest, out bool ends)
    {
        var at = rest.IndexOf(Separator);
        ends = at < 0;
        var level = ends ? rest : rest[..at];
        rest = ends ? default : rest[(at + 1)..];
        return level;
    }
}
