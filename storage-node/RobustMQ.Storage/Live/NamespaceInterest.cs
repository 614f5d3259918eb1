using RobustMQ.Records.Live;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Storage.Live;

/// <summary>The interest of all subscriptions in one namespace, and the matches of subjects seen lately.</summary>
internal sealed class NamespaceInterest(int cacheSubjects)
{
    private const long Many = -1;

    private readonly SubjectTrie<Interest> _trie = new();
    private readonly Dictionary<byte[], SubjectMatch> _cache = new(Utf8Comparer.Instance);
    private readonly Dictionary<LiveSubscription, int> _filters = [];
    private readonly List<Interest> _found = [];
    private long _sole;

    /// <summary>Held while interest changes and while subjects are matched.</summary>
    public Lock Lock { get; } = new();

    /// <summary>Whether anybody but the origin wants anything here. The one question that traffic without other takers costs.</summary>
    public bool ConcernsOthers(SubscriberId origin)
    {
        var sole = Interlocked.Read(ref _sole);
        return sole == Many || (sole != 0 && sole != origin.Value);
    }

    public void Add(byte[] filter, Interest interest)
    {
        lock (Lock)
        {
            _trie.Add(filter, interest);
            _cache.Clear();
            _filters[interest.Subscription] = _filters.GetValueOrDefault(interest.Subscription) + 1;
            SetSole();
        }
    }

    public void Remove(byte[] filter, Interest interest)
    {
        lock (Lock)
        {
            _trie.Remove(filter, interest);
            _cache.Clear();
            var left = _filters[interest.Subscription] - 1;
            if (left == 0)
                _filters.Remove(interest.Subscription);
            else
                _filters[interest.Subscription] = left;
            SetSole();
        }
    }

    public void SetWeight(Interest interest, int weight)
    {
        lock (Lock)
        {
            interest.Weight = weight;
            if (interest.Queue is not null)
                _cache.Clear();
        }
    }

    /// <summary>Called with <see cref="Lock"/> held.</summary>
    public SubjectMatch Match(ReadOnlySpan<byte> subject)
    {
        var cache = _cache.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (cache.TryGetValue(subject, out var match))
            return match;
        _found.Clear();
        _trie.Match(subject, _found);
        match = SubjectMatch.Of(_found);
        if (_cache.Count >= cacheSubjects)
            _cache.Clear();
        cache[subject] = match;
        return match;
    }

    private void SetSole()
    {
        var sole = Many;
        if (_filters.Count == 0)
            sole = 0;
        else if (_filters.Count == 1)
            sole = _filters.Keys.First().Id.Value;
        Interlocked.Exchange(ref _sole, sole);
    }
}
