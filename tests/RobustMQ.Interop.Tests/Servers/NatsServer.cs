using System.Net;
using System.Text;

namespace RobustMQ.Interop.Tests.Servers;

/// <summary>nats-server itself, to see that the transcripts say what it does.</summary>
internal sealed class NatsServer : IInteropServer
{
    private readonly string _configuration = Path.GetTempFileName();
    private readonly ServerProcess _process;

    private NatsServer(string executable, ServerSettings settings)
    {
        File.WriteAllText(_configuration, Configuration(settings));
        _process = new ServerProcess(executable, ["-c", _configuration]);
    }

    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 0);

    public static async Task<NatsServer> StartAsync(string executable, ServerSettings settings)
    {
        var server = new NatsServer(executable, settings);
        const string Listening = "Listening for client connections on ";
        var address = await server._process.ReadUntilAsync(static line => line.Contains(Listening) ? line[(line.IndexOf(Listening) + Listening.Length)..] : null);
        await server._process.ReadUntilAsync(static line => line.Contains("Server is ready") ? line : null);
        server.EndPoint = IPEndPoint.Parse(address);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        File.Delete(_configuration);
    }

    private static string Configuration(ServerSettings settings)
    {
        var text = new StringBuilder("listen: 127.0.0.1:-1\n");
        foreach (var (name, value) in settings.Options)
            text.AppendLine($"{name}: {value}");
        if (settings.Users.Count > 0)
            text.AppendLine($"authorization {{ {Timeout(settings)} users: [ {string.Join(", ", settings.Users.Select(User))} ] }}");
        return text.ToString();
    }

    private static string Timeout(ServerSettings settings) => settings.AuthTimeout is { } timeout ? $"timeout: {timeout.TrimEnd('s')}," : string.Empty;

    private static string User(ServerUser user)
    {
        var rules = user.Permissions
            .GroupBy(static rule => rule.Key.Split('.')[0])
            .Select(static kind => $"{kind.Key}: {{ {string.Join(", ", kind.Select(Rule))} }}");
        return $"{{ user: {user.Name}, password: {user.Password}, permissions: {{ {string.Join(", ", rules)} }} }}";
    }

    private static string Rule(KeyValuePair<string, string[]> rule) =>
        $"{rule.Key.Split('.')[1]}: [{string.Join(", ", rule.Value.Select(static filter => $"\"{filter}\""))}]";
}
