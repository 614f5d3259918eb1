using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>How a client wants to be served, from its CONNECT.</summary>
internal sealed record ClientOptions
{
    public static ClientOptions Default { get; } = new();

    /// <summary>+OK for every command.</summary>
    public bool Verbose { get; init; } = true;

    public bool Pedantic { get; init; }

    /// <summary>The client's own publishes come back to its subscriptions.</summary>
    public bool Echo { get; init; } = true;

    /// <summary>The client takes HMSG.</summary>
    public bool Headers { get; init; }

    /// <summary>A request that nobody listens to is answered with status 503.</summary>
    public bool NoResponders { get; init; }

    /// <summary>The client takes INFO at any time.</summary>
    public bool TakesInfo { get; init; }

    public string? Name { get; init; }

    public string? Language { get; init; }

    public string? Version { get; init; }

    public static ClientOptions From(ConnectOptions connect) => new()
    {
        Verbose = connect.Verbose,
        Pedantic = connect.Pedantic,
        Echo = connect.Echo,
        Headers = connect.Headers,
        NoResponders = connect.NoResponders,
        TakesInfo = connect.Protocol >= 1,
        Name = connect.Name,
        Language = connect.Language,
        Version = connect.Version,
    };
}
