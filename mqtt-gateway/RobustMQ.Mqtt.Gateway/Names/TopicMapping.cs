using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Names;

/// <summary>
/// MQTT topics as subjects and back. Levels become tokens; what a token cannot hold is escaped with <c>/</c>, which no level holds: an empty level is <c>/</c>, a dot
/// <c>//</c>, a space <c>/20</c>, and the levels <c>*</c>, <c>**</c> and <c>&gt;</c>, wildcards inside, begin with <c>/2a</c> or <c>/3e</c>. The first two are what
/// nats-server does. With <see cref="DotHandling.Literal"/> every topic without ASCII control characters has one subject, and no two have the same.
/// Pure, allocates nothing.
/// </summary>
internal sealed class TopicMapping(DotHandling dots)
{
    private const byte Escape = (byte)'/';

    /// <summary>Bytes that the subject of a topic, or the subject filter of a filter, may need.</summary>
    public static int SubjectBytesMax(int topicBytes) => 3 * topicBytes + 1;

    /// <summary>False for a topic with ASCII control characters, which no subject can carry.</summary>
    /// <param name="topic">A valid topic name.</param>
    public bool TryToSubject(ReadOnlySpan<byte> topic, Span<byte> subject, out int written) => TryMap(topic, isFilter: false, subject, out written);

    /// <summary><c>+</c> is <c>*</c>; a last <c>#</c>, which also stands for its parent, is <c>**</c>.</summary>
    /// <param name="filter">A valid filter, without <c>$share/</c>.</param>
    public bool TryToFilter(ReadOnlySpan<byte> filter, Span<byte> subjectFilter, out int written) => TryMap(filter, isFilter: true, subjectFilter, out written);

    /// <summary>False for a subject that is no topic's: wildcard characters of MQTT, or a <c>/</c> that begins no escape.</summary>
    /// <param name="subject">A valid subject.</param>
    /// <param name="topic">At least as long as the subject.</param>
    public static bool TryToTopic(ReadOnlySpan<byte> subject, Span<byte> topic, out int written)
    {
        written = 0;
        if (subject.ContainsAny((byte)'+', (byte)'#'))
            return false;
        // By far most subjects have nothing to undo.
        if (!subject.Contains(Escape))
        {
            subject.Replace(topic, (byte)'.', (byte)'/');
            written = subject.Length;
            return true;
        }
        while (true)
        {
            var at = subject.IndexOf((byte)'.');
            if (!TryUnescape(at < 0 ? subject : subject[..at], topic, ref written))
                return false;
            if (at < 0)
                return written > 0;
            topic[written++] = (byte)'/';
            subject = subject[(at + 1)..];
        }
    }

    private bool TryMap(ReadOnlySpan<byte> topic, bool isFilter, Span<byte> target, out int written)
    {
        written = 0;
        if (topic.ContainsAnyInRange((byte)0, (byte)0x1F) || topic.Contains((byte)0x7F))
            return false;
        while (true)
        {
            var at = dots == DotHandling.Separator ? topic.IndexOfAny((byte)'/', (byte)'.') : topic.IndexOf((byte)'/');
            WriteLevel(at < 0 ? topic : topic[..at], isFilter, target, ref written);
            if (at < 0)
                return true;
            target[written++] = (byte)'.';
            topic = topic[(at + 1)..];
        }
    }

    private static void WriteLevel(ReadOnlySpan<byte> level, bool isFilter, Span<byte> target, ref int written)
    {
        if (level.IsEmpty)
        {
            target[written++] = Escape;
            return;
        }
        if (isFilter && level.SequenceEqual("+"u8))
        {
            target[written++] = (byte)'*';
            return;
        }
        if (isFilter && level.SequenceEqual("#"u8))
        {
            target[written++] = (byte)'*';
            target[written++] = (byte)'*';
            return;
        }
        if (IsWildcard(level))
        {
            Put(level[0] == '*' ? "/2a"u8 : "/3e"u8, target, ref written);
            level = level[1..];
        }
        foreach (var character in level)
        {
            if (character == '.')
                Put("//"u8, target, ref written);
            else if (character == ' ')
                Put("/20"u8, target, ref written);
            else
                target[written++] = character;
        }
    }

    private static bool TryUnescape(ReadOnlySpan<byte> token, Span<byte> target, ref int written)
    {
        if (token.SequenceEqual("/"u8))
            return true;
        var start = written;
        var isWildcard = false;
        while (!token.IsEmpty)
        {
            if (token[0] != Escape)
            {
                target[written++] = token[0];
                token = token[1..];
            }
            else if (token.StartsWith("//"u8))
            {
                target[written++] = (byte)'.';
                token = token[2..];
            }
            else if (token.StartsWith("/20"u8))
            {
                target[written++] = (byte)' ';
                token = token[3..];
            }
            else if (written == start && (token.StartsWith("/2a"u8) || token.StartsWith("/3e"u8)))
            {
                target[written++] = token[2] == 'a' ? (byte)'*' : (byte)'>';
                token = token[3..];
                isWildcard = true;
            }
            else
            {
                return false;
            }
        }
        // Only what had to be escaped is an escape: every topic has one subject.
        return !isWildcard || IsWildcard(target[start..written]);
    }

    private static bool IsWildcard(ReadOnlySpan<byte> token) => token.SequenceEqual("*"u8) || token.SequenceEqual("**"u8) || token.SequenceEqual(">"u8);

    private static void Put(ReadOnlySpan<byte> bytes, Span<byte> target, ref int written)
    {
        bytes.CopyTo(target[written..]);
        written += bytes.Length;
    }
}
