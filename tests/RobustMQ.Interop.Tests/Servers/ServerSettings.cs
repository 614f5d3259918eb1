namespace RobustMQ.Interop.Tests.Servers;

/// <summary>What a transcript asks of the server, in nats-server's names.</summary>
/// <param name="Options">Plain options such as <c>max_payload</c>.</param>
/// <param name="AuthTimeout">Time for a login; null: the default.</param>
internal sealed record ServerSettings(IReadOnlyDictionary<string, string> Options, IReadOnlyList<ServerUser> Users, string? AuthTimeout)
{
    public static ServerSettings None { get; } = new(new Dictionary<string, string>(), [], null);

    /// <summary>Reads the lines <c>! name: value</c>.</summary>
    public static ServerSettings Parse(IEnumerable<string> lines)
    {
        var options = new Dictionary<string, string>();
        var users = new List<ServerUser>();
        string? authTimeout = null;
        foreach (var line in lines)
        {
            var parts = line.TrimStart('!').Split(':', 2, StringSplitOptions.TrimEntries);
            if (parts[0] == "user")
                users.Add(ServerUser.Parse(parts[1]));
            else if (parts[0] == "auth_timeout")
                authTimeout = parts[1];
            else
                options.Add(parts[0], parts[1]);
        }
        return new ServerSettings(options, users, authTimeout);
    }
}
