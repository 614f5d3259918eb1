using RobustMQ.Records;

namespace RobustMQ.Storage.Topics;

/// <summary>Filters of literals, <c>*</c> and a last <c>&gt;</c> by their tokens.</summary>
internal sealed class FilterTree
{
    private readonly Node _root = new();

    public void Add(SubjectFilter filter, TopicName owner)
    {
        var node = _root;
        foreach (var token in filter.Value.Split('.'))
            node = node.ChildOf(token);
        node.Add(owner);
    }

    public void Remove(SubjectFilter filter, TopicName owner) => Remove(_root, filter.Value.Split('.'), owner);

    public TopicName? FindOverlap(SubjectFilter filter, TopicName self) => FindOverlap(_root, filter.Value.Split('.'), self);

    private static void Remove(Node node, ReadOnlySpan<string> tokens, TopicName owner)
    {
        if (tokens.IsEmpty)
        {
            node.Remove(owner);
            return;
        }
        if (!node.Children.TryGetValue(tokens[0], out var child))
            return;
        Remove(child, tokens[1..], owner);
        if (child.IsEmpty)
            node.RemoveChild(tokens[0]);
    }

    private static TopicName? FindOverlap(Node node, ReadOnlySpan<string> tokens, TopicName self)
    {
        if (tokens.IsEmpty)
            return node.FindOther(self);
        if (node.Children.TryGetValue(">", out var rest) && rest.FindOther(self) is { } owner)
            return owner;
        if (tokens[0] == ">")
            return FindAnyBelow(node, self);
        if (tokens[0] == "*")
            return FindOverlapOfChildren(node, tokens[1..], self);
        return FindOverlapOf(node, tokens[0], tokens[1..], self) ?? FindOverlapOf(node, "*", tokens[1..], self);
    }

    private static TopicName? FindOverlapOf(Node node, string token, ReadOnlySpan<string> rest, TopicName self) =>
        node.Children.TryGetValue(token, out var child) ? FindOverlap(child, rest, self) : null;

    private static TopicName? FindOverlapOfChildren(Node node, ReadOnlySpan<string> rest, TopicName self)
    {
        foreach (var child in node.Children.Values)
        {
            if (FindOverlap(child, rest, self) is { } owner)
                return owner;
        }
        return null;
    }

    private static TopicName? FindAnyBelow(Node node, TopicName self)
    {
        foreach (var child in node.Children.Values)
        {
            if ((child.FindOther(self) ?? FindAnyBelow(child, self)) is { } owner)
                return owner;
        }
        return null;
    }

    private sealed class Node : TokenNode<Node>
    {
        private TopicName[] _owners = [];

        protected override bool HasOwn => _owners.Length > 0;

        public void Add(TopicName owner) => _owners = [.. _owners, owner];

        public void Remove(TopicName owner)
        {
            var at = Array.IndexOf(_owners, owner);
            if (at >= 0)
                _owners = [.. _owners[..at], .. _owners[(at + 1)..]];
        }

        public TopicName? FindOther(TopicName self)
        {
            foreach (var owner in _owners)
            {
                if (owner != self)
                    return owner;
            }
            return null;
        }
    }
}
