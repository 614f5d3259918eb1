namespace RobustMQ.Records.Subjects;

/// <summary>One token's place in a <see cref="SubjectTrie{T}"/>.</summary>
internal sealed class SubjectTrieNode<T>
    where T : notnull
{
    private Dictionary<byte[], SubjectTrieNode<T>>? _literals;

    /// <summary>Values whose filter ends here.</summary>
    public List<T>? Values { get; set; }

    /// <summary><c>*</c></summary>
    public SubjectTrieNode<T>? One { get; set; }

    /// <summary><c>&gt;</c>, always a leaf.</summary>
    public SubjectTrieNode<T>? Rest { get; set; }

    /// <summary><c>**</c></summary>
    public SubjectTrieNode<T>? Any { get; set; }

    public bool HasNoChildren => One is null && Rest is null && Any is null && _literals is not { Count: > 0 };

    public bool IsEmpty => Values is not { Count: > 0 } && HasNoChildren;

    public SubjectTrieNode<T>? FindLiteral(ReadOnlySpan<byte> token) =>
        _literals is not null && _literals.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(token, out var child) ? child : null;

    public SubjectTrieNode<T>? FindChild(ReadOnlySpan<byte> token, bool hasAnyToken)
    {
        if (token.SequenceEqual("*"u8))
            return One;
        return hasAnyToken && token.SequenceEqual("**"u8) ? Any : FindLiteral(token);
    }

    public SubjectTrieNode<T> GetOrAddChild(ReadOnlySpan<byte> token, bool hasAnyToken)
    {
        if (token.SequenceEqual("*"u8))
            return One ??= new SubjectTrieNode<T>();
        if (hasAnyToken && token.SequenceEqual("**"u8))
            return Any ??= new SubjectTrieNode<T>();
        if (FindLiteral(token) is { } child)
            return child;
        child = new SubjectTrieNode<T>();
        (_literals ??= new Dictionary<byte[], SubjectTrieNode<T>>(Utf8Comparer.Instance)).Add(token.ToArray(), child);
        return child;
    }

    public void RemoveChild(ReadOnlySpan<byte> token, SubjectTrieNode<T> child)
    {
        if (child == Rest)
            Rest = null;
        else if (child == One)
            One = null;
        else if (child == Any)
            Any = null;
        else
            _literals!.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(token);
    }
}
