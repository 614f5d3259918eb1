namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>
/// What stands in for semantic search where no embeddings are configured: compares by shared words and parts of words, so that <c>translating</c> finds <c>translation</c>, and knows nothing of
/// meaning.
/// </summary>
internal sealed class LexicalSearch : ISemanticSearch
{
    private const int GramLength = 3;

    /// <summary>Cosine below which two texts share letters by chance.</summary>
    private const double SimilarityMin = 0.05;

    public ValueTask<List<AgentEntry>> FindAsync(IReadOnlyCollection<AgentEntry> agents, string sentence, CancellationToken cancellationToken)
    {
        var wanted = GramsOf(SearchWords.Of(sentence).Select(word => (word, 1)));
        var found = new List<(AgentEntry Agent, double Similarity)>();
        foreach (var agent in agents)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var similarity = Cosine(wanted, GramsOf(agent.SearchedText.Counts.Select(pair => (pair.Key, pair.Value))));
            if (similarity >= SimilarityMin)
                found.Add((agent, similarity));
        }
        return new([.. found.OrderByDescending(one => one.Similarity).ThenBy(one => one.Agent.Id, StringComparer.Ordinal).Select(one => one.Agent)]);
    }

    private static Dictionary<string, double> GramsOf(IEnumerable<(string Word, int Count)> words)
    {
        var grams = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (word, count) in words)
        {
            var padded = $"^{word}$";
            for (var at = 0; at + GramLength <= padded.Length; at++)
            {
                var gram = padded.Substring(at, GramLength);
                grams[gram] = grams.GetValueOrDefault(gram) + count;
            }
        }
        return grams;
    }

    private static double Cosine(Dictionary<string, double> left, Dictionary<string, double> right)
    {
        var dot = 0.0;
        foreach (var (gram, weight) in left)
            dot += weight * right.GetValueOrDefault(gram);
        return dot == 0 ? 0 : dot / (Norm(left) * Norm(right));
    }

    private static double Norm(Dictionary<string, double> grams) => Math.Sqrt(grams.Values.Sum(weight => weight * weight));
}
