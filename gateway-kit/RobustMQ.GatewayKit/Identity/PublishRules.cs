using System.Text;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Records.Subjects;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>One list of a publish permission: subject filters, and the topics of grants.</summary>
internal sealed class PublishRules
{
    private readonly SubjectTrie<object> _filters = new();
    private readonly byte[][] _prefixes;

    /// <param name="grants">Those that are meant: of topics.</param>
    public PublishRules(IEnumerable<string> filters, IReadOnlyList<Grant> grants)
    {
        foreach (var filter in filters.Concat(TopicGrants.Filters(grants)))
            _filters.Add(Encoding.UTF8.GetBytes(filter), filter);
        _prefixes = TopicGrants.Prefixes(grants);
    }

    public bool Match(ReadOnlySpan<byte> subject)
    {
        if (_filters.HasMatch(subject))
            return true;
        foreach (var prefix in _prefixes)
        {
            if (subject.StartsWith(prefix))
                return true;
        }
        return false;
    }
}
