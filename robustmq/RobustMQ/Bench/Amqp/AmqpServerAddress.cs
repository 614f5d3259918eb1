namespace RobustMQ.Bench.Amqp;

/// <summary>A broker to load: <c>amqp://[user:password@]host[:port]</c>; the vhost is <c>/</c>.</summary>
internal sealed record AmqpServerAddress(string Name, string Host, int Port, string User, string Password)
{
    private const int DefaultPort = 5672;

    /// <param name="text">An URL, or <c>name=URL</c>.</param>
    public static AmqpServerAddress Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var url = new Uri(text[(equals + 1)..] is var address && address.Contains("://", StringComparison.Ordinal) ? address : "amqp://" + address);
        var login = url.UserInfo.Split(':', 2);
        var port = url.Port > 0 ? url.Port : DefaultPort;
        return new AmqpServerAddress(
            equals > 0 ? text[..equals] : $"{url.Host}:{port}", url.Host, port,
            login[0].Length > 0 ? Uri.UnescapeDataString(login[0]) : "guest", login.Length > 1 ? Uri.UnescapeDataString(login[1]) : "guest");
    }
}
