namespace RobustMQ.Bench.Nats;

/// <summary>A server to load: <c>nats://[user[:password]@]host[:port]</c>, or two of one cluster: <c>URL+URL</c>, publishers at the first and subscribers at the second.</summary>
internal sealed record NatsServerAddress(string Name, string Host, int Port, string? User, string? Password)
{
    private const int DefaultPort = 4222;

    /// <summary>Where subscribers and responders connect.</summary>
    public NatsServerAddress Receiving { get => field ?? this; private init; }

    /// <summary>What is subscribed at one server of a cluster is not known to the other at once.</summary>
    public TimeSpan InterestDelay => ReferenceEquals(Receiving, this) ? TimeSpan.Zero : TimeSpan.FromMilliseconds(500);

    /// <param name="text">An URL, or <c>name=URL</c>; two URLs with <c>+</c> between them.</param>
    public static NatsServerAddress Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = equals > 0 ? text[..equals] : null;
        var urls = text[(equals + 1)..].Split('+', 2);
        var first = ParseUrl(urls[0], name);
        return urls.Length == 1 ? first : first with { Receiving = ParseUrl(urls[1], name) };
    }

    private static NatsServerAddress ParseUrl(string text, string? name)
    {
        var url = new Uri(text.Contains("://", StringComparison.Ordinal) ? text : "nats://" + text);
        var login = url.UserInfo.Split(':', 2);
        var port = url.Port > 0 ? url.Port : DefaultPort;
        return new NatsServerAddress(
            name ?? $"{url.Host}:{port}",
            url.Host,
            port,
            login[0].Length > 0 ? Uri.UnescapeDataString(login[0]) : null,
            login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null);
    }
}
