namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>Finds the agents whose descriptions are nearest in meaning to a sentence.</summary>
internal interface ISemanticSearch
{
    /// <summary>The nearest first; those that have nothing to do with it are left out where the provider can tell.</summary>
    /// <exception cref="SemanticSearchException">The provider cannot answer now.</exception>
    ValueTask<List<AgentEntry>> FindAsync(IReadOnlyCollection<AgentEntry> agents, string sentence, CancellationToken cancellationToken);
}

/// <summary>Why a semantic search had no answer, in words for the client.</summary>
internal sealed class SemanticSearchException(string message, Exception? inner = null) : Exception(message, inner);
