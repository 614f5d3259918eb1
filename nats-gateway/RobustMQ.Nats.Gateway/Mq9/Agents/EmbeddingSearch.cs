using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>
/// Semantic search by vectors that an OpenAI-compatible endpoint makes of the agents' texts. A text is embedded once and its vector kept as long as its agent is registered here.
/// </summary>
internal sealed class EmbeddingSearch : ISemanticSearch, IDisposable
{
    /// <summary>Texts of one request.</summary>
    private const int TextsMax = 128;

    /// <summary>Characters of one text: about the 8,000 tokens that models take.</summary>
    private const int TextLengthMax = 24_000;

    private readonly ConcurrentDictionary<AgentEntry, float[]> _vectors = new();
    private readonly EmbeddingOptions _options;
    private readonly HttpClient _http;

    public EmbeddingSearch(EmbeddingOptions options)
    {
        _options = options;
        _http = new HttpClient { Timeout = options.Timeout };
        if (options.ApiKey is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
    }

    public async ValueTask<List<AgentEntry>> FindAsync(IReadOnlyCollection<AgentEntry> agents, string sentence, CancellationToken cancellationToken)
    {
        var missing = agents.Where(agent => !_vectors.ContainsKey(agent)).ToArray();
        foreach (var chunk in missing.Chunk(TextsMax))
        {
            var vectors = await EmbedAsync([.. chunk.Select(agent => agent.Text)], cancellationToken).ConfigureAwait(false);
            for (var index = 0; index < chunk.Length; index++)
                _vectors[chunk[index]] = vectors[index];
        }
        Forget(agents);
        var wanted = (await EmbedAsync([sentence], cancellationToken).ConfigureAwait(false))[0];
        return [.. agents.Select(agent => (Agent: agent, Similarity: Similarity(agent, wanted))).OrderByDescending(one => one.Similarity).Select(one => one.Agent)];
    }

    public void Dispose() => _http.Dispose();

    private float Similarity(AgentEntry agent, float[] wanted) =>
        _vectors.TryGetValue(agent, out var vector) && vector.Length == wanted.Length ? Cosine(vector, wanted) : -1;

    private static float Cosine(float[] left, float[] right)
    {
        double dot = 0, leftSquares = 0, rightSquares = 0;
        for (var index = 0; index < left.Length; index++)
        {
            dot += left[index] * right[index];
            leftSquares += left[index] * left[index];
            rightSquares += right[index] * right[index];
        }
        return leftSquares == 0 || rightSquares == 0 ? 0 : (float)(dot / Math.Sqrt(leftSquares * rightSquares));
    }

    /// <summary>Vectors of agents that are gone or registered anew.</summary>
    private void Forget(IReadOnlyCollection<AgentEntry> present)
    {
        if (_vectors.Count <= present.Count * 2 + TextsMax)
            return;
        var kept = present.ToHashSet();
        foreach (var agent in _vectors.Keys)
        {
            if (!kept.Contains(agent))
                _vectors.TryRemove(agent, out _);
        }
    }

    private async Task<float[][]> EmbedAsync(string[] texts, CancellationToken cancellationToken)
    {
        var request = new EmbeddingRequest(_options.Model, [.. texts.Select(text => text.Length > TextLengthMax ? text[..TextLengthMax] : text)]);
        try
        {
            var address = new Uri($"{_options.Url.AbsoluteUri.TrimEnd('/')}/embeddings");
            using var answer = await _http.PostAsJsonAsync(address, request, EmbeddingJson.Default.EmbeddingRequest, cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
                throw new SemanticSearchException($"the embeddings endpoint answered {(int)answer.StatusCode}");
            var body = await answer.Content.ReadFromJsonAsync(EmbeddingJson.Default.EmbeddingResponse, cancellationToken).ConfigureAwait(false);
            var vectors = new float[texts.Length][];
            foreach (var item in body?.Data ?? [])
            {
                if (item.Index >= 0 && item.Index < vectors.Length)
                    vectors[item.Index] = item.Embedding;
            }
            return vectors.All(vector => vector is { Length: > 0 }) ? vectors : throw new SemanticSearchException("the embeddings endpoint left texts out");
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or TaskCanceledException)
        {
            throw new SemanticSearchException("the embeddings endpoint cannot be reached or understood", error);
        }
    }
}

internal sealed record EmbeddingRequest(string Model, string[] Input);

internal sealed record EmbeddingItem(int Index, float[] Embedding);

internal sealed record EmbeddingResponse(EmbeddingItem[] Data);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EmbeddingRequest))]
[JsonSerializable(typeof(EmbeddingResponse))]
internal sealed partial class EmbeddingJson : JsonSerializerContext;
