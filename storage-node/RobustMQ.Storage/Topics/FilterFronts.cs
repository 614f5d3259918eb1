using System.Text;
using RobustMQ.Records;

namespace RobustMQ.Storage.Topics;

/// <summary>
/// Filters by their literal front (the tokens before the first wildcard). Two filters can only share subjects where one's front begins the other's, so a check visits the
/// path to the new filter's front and what lies below it.
/// </summary>
internal sealed class FilterFronts
{
    private readonly Node _root = new();

    public void Add(SubjectFilter filter, TopicName owner)
    {
        var node = _root;
        foreach (var token in FrontOf(filter))
            node = node.ChildOf(token);
        node.Add((Encoding.UTF8.GetBytes(filter.Value), owner));
    }

    public void Remove(SubjectFilter filter, TopicName owner) => Remove(_root, FrontOf(filter), owner);

    public TopicName? FindOverlap(SubjectFilter filter, TopicName self)
    {
        var bytes = Encoding.UTF8.GetBytes(filter.Value);
        var node = _root;
        foreach (var token in FrontOf(filter))
        {
            if (node.FindOverlap(bytes, self) is { } owner)
                return owner;
            if (!node.Children.TryGetValue(token, out var child))
                return null;
            node = child;
        }
        return FindOverlapBelow(node, bytes, self);
    }

    private static TopicName? FindOverlapBelow(Node node, byte[] filter, TopicName self)
    {
        if (node.FindOverlap(filter, self) is { } owner)
            return owner;
        foreach (var child in node.Children.Values)
        {
            if (FindOverlapBelow(child, filter, self) is { } below)
                return below;
        }
        return null;
    }

    private static void Remove(Node node, ReadOnlySpan<string> front, TopicName owner)
    {
        if (front.IsEmpty)
        {
            node.Remove(owner);
            return;
        }
        if (!node.Children.TryGetValue(front[0], out var child))
            return;
        Remove(child, front[1..], owner);
        if (child.IsEmpty)
            node.RemoveChild(front[0]);
    }

    private static string[] FrontOf(SubjectFilter filter) => [.. filter.Value.Split('.').TakeWhile(token => token is not ("*" or "**" or ">"))];

    private sealed class Node : TokenNode<Node>
    {
        private List<(byte[] Filter, TopicName Owner)>? _filters;

        protected override bool HasOwn => _filters is { Count: > 0 };

        public void Add((byte[] Filter, TopicName Owner) filter) => (_filters ??= new(1)).Add(filter);

        public void Remove(TopicName owner) => _filters?.RemoveAll(entry => entry.Owner == owner);

        public TopicName? FindOverlap(byte[] filter, TopicName self)
        {
            foreach (var (other, owner) in _filters ?? [])
            {
                if (owner != self && SubjectRules.Overlap(filter, other))
                    return owner;
            }
            return null;
        }
    }
}
