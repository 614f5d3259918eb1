namespace RobustMQ.Storage.Topics;

/// <summary>A place in a tree of filters by their tokens. Most are the ends of one topic's filter: they have no room for children.</summary>
/// <typeparam name="TSelf">The node itself.</typeparam>
internal abstract class TokenNode<TSelf>
    where TSelf : TokenNode<TSelf>, new()
{
    private static readonly Dictionary<string, TSelf> None = [];

    public Dictionary<string, TSelf> Children { get; private set; } = None;

    /// <summary>Nothing ends here and nothing goes on.</summary>
    public bool IsEmpty => !HasOwn && Children.Count == 0;

    /// <summary>A filter ends here.</summary>
    protected abstract bool HasOwn { get; }

    public TSelf ChildOf(string token)
    {
        if (Children.TryGetValue(token, out var child))
            return child;
        if (ReferenceEquals(Children, None))
            Children = new Dictionary<string, TSelf>(StringComparer.Ordinal);
        Children.Add(token, child = new TSelf());
        return child;
    }

    public void RemoveChild(string token)
    {
        Children.Remove(token);
        if (Children.Count == 0)
            Children = None;
    }
}
