namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>A text prepared for search: how often it has each of its words.</summary>
internal sealed class SearchedText
{
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    public SearchedText(string text)
    {
        foreach (var word in SearchWords.Of(text))
        {
            _counts[word] = _counts.GetValueOrDefault(word) + 1;
            Length++;
        }
    }

    /// <summary>Words.</summary>
    public int Length { get; }

    public IReadOnlyDictionary<string, int> Counts => _counts;

    /// <summary>How often it has a word, or words that begin with it (from three letters on), which count half.</summary>
    public double CountOf(string word)
    {
        double count = _counts.GetValueOrDefault(word);
        if (count > 0 || word.Length < 3)
            return count;
        foreach (var (candidate, times) in _counts)
        {
            if (candidate.StartsWith(word, StringComparison.Ordinal))
                count += times * 0.5;
        }
        return count;
    }
}
