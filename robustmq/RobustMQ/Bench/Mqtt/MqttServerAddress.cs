namespace RobustMQ.Bench.Mqtt;

/// <summary>A broker to load: <c>mqtt://[user:password@]host[:port]</c>.</summary>
internal sealed record MqttServerAddress(string Name, string Host, int Port, string? User, string? Password)
{
    private const int DefaultPort = 1883;

    /// <param name="text">An URL, or <c>name=URL</c>.</param>
    public static MqttServerAddress Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var url = new Uri(text[(equals + 1)..] is var address && address.Contains("://", StringComparison.Ordinal) ? address : "mqtt://" + address);
        var login = url.UserInfo.Split(':', 2);
        var port = url.Port > 0 ? url.Port : DefaultPort;
        return new MqttServerAddress(
            equals > 0 ? text[..equals] : $"{url.Host}:{port}", url.Host, port,
            login[0].Length > 0 ? Uri.UnescapeDataString(login[0]) : null, login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null);
    }
}
