using RobustMQ.Records;
using RobustMQ.Records.Topics;

namespace RobustMQ.Storage.Topics;

/// <summary>
/// The filters of a namespace's topics, so that one that shares subjects with a new filter is found without looking at all. Filters without <c>**</c> stand in a tree of
/// tokens, where an overlap is a common path. Those with <c>**</c> are few, and found by their literal front.
/// </summary>
internal sealed class FilterIndex
{
    private readonly FilterTree _plain = new();
    private readonly FilterFronts _all = new();
    private readonly FilterFronts _withAny = new();

    public void Add(Topic topic)
    {
        foreach (var filter in topic.Spec.Filters)
        {
            _all.Add(filter, topic.Name);
            if (HasAny(filter))
                _withAny.Add(filter, topic.Name);
            else
                _plain.Add(filter, topic.Name);
        }
    }

    public void Remove(Topic topic)
    {
        foreach (var filter in topic.Spec.Filters)
        {
            _all.Remove(filter, topic.Name);
            if (HasAny(filter))
                _withAny.Remove(filter, topic.Name);
            else
                _plain.Remove(filter, topic.Name);
        }
    }

    /// <summary>A topic other than <paramref name="self"/> that shares subjects with a filter.</summary>
    public TopicName? FindOverlap(SubjectFilter filter, TopicName self) =>
        HasAny(filter) ? _all.FindOverlap(filter, self) : _plain.FindOverlap(filter, self) ?? _withAny.FindOverlap(filter, self);

    private static bool HasAny(SubjectFilter filter) => filter.Value.Contains("**") && filter.Value.Split('.').Contains("**");
}
