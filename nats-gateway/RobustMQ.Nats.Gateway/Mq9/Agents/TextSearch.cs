namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>
/// Full-text search: agents that have at least one of the words asked for, those first that have more of them, and rarer ones (BM25).
/// </summary>
internal static class TextSearch
{
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.75;

    /// <summary>More words than this say nothing more.</summary>
    private const int WordsMax = 32;

    public static List<AgentEntry> Find(IReadOnlyCollection<AgentEntry> agents, string text)
    {
        var words = SearchWords.Of(text).Distinct().Take(WordsMax).ToArray();
        var counts = agents.Select(agent => (Agent: agent, Counts: Array.ConvertAll(words, agent.SearchedText.CountOf))).Where(one => one.Counts.Any(count => count > 0)).ToList();
        var averageLength = agents.Count == 0 ? 1 : Math.Max(1, agents.Average(agent => agent.SearchedText.Length));
        var weights = new double[words.Length];
        for (var index = 0; index < words.Length; index++)
        {
            var having = counts.Count(one => one.Counts[index] > 0);
            weights[index] = Math.Log(1 + (agents.Count - having + 0.5) / (having + 0.5));
        }
        return [.. counts.Select(one => (one.Agent, Score: Score(one.Agent, one.Counts, weights, averageLength)))
            .OrderByDescending(one => one.Score).ThenBy(one => one.Agent.Id, StringComparer.Ordinal).Select(one => one.Agent)];
    }

    private static double Score(AgentEntry agent, double[] counts, double[] weights, double averageLength)
    {
        var norm = Saturation * (1 - LengthWeight + LengthWeight * agent.SearchedText.Length / averageLength);
        var score = 0.0;
        for (var index = 0; index < counts.Length; index++)
            score += weights[index] * counts[index] * (Saturation + 1) / (counts[index] + norm);
        return score;
    }
}
