namespace RobustMQ.Records.Subjects;

/// <summary>
/// Values under subject filters, found by subject: one node a token, with places of their own for <c>*</c>, <c>&gt;</c> and <c>**</c>.
/// Not thread-safe: its owner locks, or keeps it to one thread.
/// </summary>
/// <typeparam name="T">Compared by reference or by its own equality when removed.</typeparam>
/// <param name="hasAnyToken">False: <c>**</c> is a token like others, as in NATS.</param>
public sealed class SubjectTrie<T>(bool hasAnyToken = true)
    where T : notnull
{
    private readonly SubjectTrieNode<T> _root = new();

    /// <summary>Values in the trie.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a value under a valid filter. The same value may stand under many filters, and more than once under one.</summary>
    public void Add(ReadOnlySpan<byte> filter, T value)
    {
        var node = _root;
        while (true)
        {
            var token = TakeToken(ref filter, out var ends);
            if (ends && token.SequenceEqual(">"u8))
                node = node.Rest ??= new SubjectTrieNode<T>();
            else
                node = node.GetOrAddChild(token, hasAnyToken);
            if (ends)
                break;
        }
        (node.Values ??= []).Add(value);
        Count++;
    }

    /// <summary>Removes one occurrence of a value from a filter; nodes that hold nothing any more go with it.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(ReadOnlySpan<byte> filter, T value)
    {
        if (!Remove(_root, filter, value))
            return false;
        Count--;
        return true;
    }

    /// <summary>
    /// Adds every value whose filter matches a subject to <paramref name="matches"/>. A value under several matching filters is added once for each;
    /// a filter with several <c>**</c> adds its values once, however many ways it matches.
    /// </summary>
    public void Match(ReadOnlySpan<byte> subject, List<T> matches)
    {
        if (Count > 0)
            Match(_root, subject, matches);
    }

    /// <summary>Whether some filter matches a subject.</summary>
    public bool HasMatch(ReadOnlySpan<byte> subject) => Count > 0 && HasMatch(_root, subject);

    private bool Remove(SubjectTrieNode<T> node, ReadOnlySpan<byte> filter, T value)
    {
        var token = TakeToken(ref filter, out var ends);
        var child = ends && token.SequenceEqual(">"u8) ? node.Rest : node.FindChild(token, hasAnyToken);
        if (child is null)
            return false;
        var removed = ends ? child.Values is not null && child.Values.Remove(value) : Remove(child, filter, value);
        if (removed && child.IsEmpty)
            node.RemoveChild(token, child);
        return removed;
    }

    private static void Match(SubjectTrieNode<T> node, ReadOnlySpan<byte> subject, List<T> matches)
    {
        while (true)
        {
            if (node.Rest?.Values is { } rest)
                matches.AddRange(rest);
            if (node.Any is { } any)
                MatchAny(any, subject, matches);

            var token = TakeToken(ref subject, out var ends);
            if (node.One is { } one)
            {
                if (ends)
                    AddValues(one, matches);
                else
                    Match(one, subject, matches);
            }
            if (node.FindLiteral(token) is not { } next)
                return;
            if (ends)
            {
                AddValues(next, matches);
                return;
            }
            node = next;
        }
    }

    /// <summary>Behind a <c>**</c>: the rest of the filter may begin at every token of the subject, and behind its last one.</summary>
    private static void MatchAny(SubjectTrieNode<T> any, ReadOnlySpan<byte> subject, List<T> matches)
    {
        if (any.HasNoChildren)
            AddValues(any, matches);
        else
            SubjectTrieSweep<T>.Match(any, subject, matches);
    }

    /// <summary>The subject ends at a node: its values, and those of <c>**</c> behind it, which take no token.</summary>
    private static void AddValues(SubjectTrieNode<T> node, List<T> matches)
    {
        for (var at = node; at is not null; at = at.Any)
        {
            if (at.Values is { } values)
                matches.AddRange(values);
        }
    }

    private static bool HasMatch(SubjectTrieNode<T> node, ReadOnlySpan<byte> subject)
    {
        while (true)
        {
            if (node.Rest is not null || (node.Any is { } any && HasMatchAfterAny(any, subject)))
                return true;
            var token = TakeToken(ref subject, out var ends);
            if (node.One is { } one && (ends ? HoldsHere(one) : HasMatch(one, subject)))
                return true;
            if (node.FindLiteral(token) is not { } next)
                return false;
            if (ends)
                return HoldsHere(next);
            node = next;
        }
    }

    private static bool HasMatchAfterAny(SubjectTrieNode<T> any, ReadOnlySpan<byte> subject) =>
        HoldsHere(any) || (!any.HasNoChildren && SubjectTrieSweep<T>.HasMatch(any, subject));

    private static bool HoldsHere(SubjectTrieNode<T> node)
    {
        for (var at = node; at is not null; at = at.Any)
        {
            if (at.Values is { Count: > 0 })
                return true;
        }
        return false;
    }

    private static ReadOnlySpan<byte> TakeToken(ref ReadOnlySpan<byte> rest, out bool ends)
    {
        var at = rest.IndexOf((byte)'.');
        ends = at < 0;
        var token = ends ? rest : rest[..at];
        rest = ends ? default : rest[(at + 1)..];
        return token;
    }
}
