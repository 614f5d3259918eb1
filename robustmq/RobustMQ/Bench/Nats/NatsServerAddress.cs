namespace RobustMQ.Bench.Nats;

/// <summary>A server to load: <c>nats://[user[:password]@]host[:port]</c>.</summary>
internal sealed record NatsServerAddress(string Name, string Host, int Port, string? User, string? Password)
{
    private const int DefaultPort = 4222;

    /// <param name="text">An URL, or <c>name=URL</c>.</param>
    public static NatsServerAddress Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var name = equals > 0 ? text[..equals] : null;
        var url = new Uri(text[(equals + 1)..].Contains("://", StringComparison.Ordinal) ? text[(equals + 1)..] : "nats://" + text[(equals + 1)..]);
        var login = url.UserInfo.Split(':', 2);
        return new NatsServerAddress(
            name ?? $"{url.Host}:{(url.Port > 0 ? url.Port : DefaultPort)}",
            url.Host,
            url.Port > 0 ? url.Port : DefaultPort,
            login[0].Length > 0 ? Uri.UnescapeDataString(login[0]) : null,
            login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null);
    }
}
