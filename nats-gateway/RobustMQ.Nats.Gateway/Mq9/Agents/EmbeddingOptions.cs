using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>An embeddings endpoint for semantic search: <c>nats:mq9:embeddings:*</c>.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>Of an OpenAI-compatible API, without <c>/embeddings</c>.</summary>
    public required Uri Url { get; init; }

    public required string Model { get; init; }

    /// <summary>Null: the endpoint wants none.</summary>
    public required string? ApiKey { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>Null where no endpoint is configured.</summary>
    public static EmbeddingOptions? Read(SettingsReader settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        const string UrlKey = "nats:mq9:embeddings:url";
        var url = settings.OptionalText(UrlKey, "OpenAI-compatible API that embeds texts, as https://host/v1; without it semantic search compares words");
        var model = settings.Text("nats:mq9:embeddings:model", "text-embedding-3-small", "model to ask that API for");
        var key = settings.Secret("nats:mq9:embeddings:api_key", "bearer token for that API");
        var timeout = settings.Duration(
            "nats:mq9:embeddings:timeout", TimeSpan.FromSeconds(4), TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), "time for one answer of it; clients give up after 5 s");
        if (url is null)
            return null;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            settings.Refuse(UrlKey, "is no http or https address");
            return null;
        }
        return new EmbeddingOptions { Url = address, Model = model, ApiKey = key, Timeout = timeout };
    }
}
