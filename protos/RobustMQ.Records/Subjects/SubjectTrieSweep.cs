namespace RobustMQ.Records.Subjects;

/// <summary>
/// Matches below a <c>**</c> node by following all its possibilities at once, token by token: a node counts once however many ways lead to it, so that
/// filters with many <c>**</c> cost at most the product of the subject's tokens and their nodes, and nothing explodes.
/// </summary>
internal sealed class SubjectTrieSweep<T>
    where T : notnull
{
    private readonly HashSet<SubjectTrieNode<T>> _rests = [];

    /// <summary>Nodes that stand for <c>**</c>: once active they stay so, since they take any token.</summary>
    private readonly HashSet<SubjectTrieNode<T>> _anys = [];
    private readonly HashSet<SubjectTrieNode<T>> _seen = [];
    private List<SubjectTrieNode<T>> _active = [];
    private List<SubjectTrieNode<T>> _next = [];

    /// <summary>Adds the values of every node that the subject leads to, each node's once.</summary>
    /// <param name="any">A <c>**</c> node.</param>
    /// <param name="subject">What follows where the <c>**</c> stands, at least one token.</param>
    public static void Match(SubjectTrieNode<T> any, ReadOnlySpan<byte> subject, List<T> matches)
    {
        var sweep = new SubjectTrieSweep<T>();
        sweep.Follow(any, subject);
        foreach (var node in sweep._active)
            matches.AddRange(node.Values ?? []);
        foreach (var rest in sweep._rests)
            matches.AddRange(rest.Values ?? []);
    }

    /// <summary>Whether <see cref="Match"/> would add something.</summary>
    public static bool HasMatch(SubjectTrieNode<T> any, ReadOnlySpan<byte> subject)
    {
        var sweep = new SubjectTrieSweep<T>();
        sweep.Follow(any, subject);
        return sweep._rests.Count > 0 || sweep._active.Exists(node => node.Values is { Count: > 0 });
    }

    private void Follow(SubjectTrieNode<T> any, ReadOnlySpan<byte> subject)
    {
        _anys.Add(any);
        Activate(any);
        Turn();
        foreach (var range in subject.Split((byte)'.'))
        {
            foreach (var node in _active)
                Step(node, subject[range]);
            Turn();
        }
    }

    private void Step(SubjectTrieNode<T> node, ReadOnlySpan<byte> token)
    {
        if (node.Rest is { } rest)
            _rests.Add(rest);
        if (_anys.Contains(node))
            Activate(node);
        if (node.One is { } one)
            Activate(one);
        if (node.FindLiteral(token) is { } next)
            Activate(next);
    }

    /// <summary>Makes a node part of the next round, and the <c>**</c> behind it, which may take nothing.</summary>
    private void Activate(SubjectTrieNode<T> node)
    {
        for (var at = node; at is not null && _seen.Add(at); at = at.Any)
        {
            _next.Add(at);
            if (at.Any is { } any)
                _anys.Add(any);
        }
    }

    private void Turn()
    {
        (_active, _next) = (_next, _active);
        _next.Clear();
        _seen.Clear();
    }
}
