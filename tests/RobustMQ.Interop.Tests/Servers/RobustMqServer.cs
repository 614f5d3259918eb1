using System.Net;
using System.Text.Json;

namespace RobustMQ.Interop.Tests.Servers;

/// <summary>The all-in-one, as a user starts it, with a temporary data directory. It may be killed and started again at the same port.</summary>
internal sealed class RobustMqServer : IInteropServer
{
    /// <summary>A busy machine is no client that dawdles.</summary>
    private const string Patience = "1m";

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-interop-").FullName;
    private readonly ServerSettings _settings;
    private ServerProcess? _process;

    private RobustMqServer(ServerSettings settings) => _settings = settings;

    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.Loopback, 0);

    public string Url => $"nats://{EndPoint}";

    public static async Task<RobustMqServer> StartAsync(ServerSettings? settings = null)
    {
        var server = new RobustMqServer(settings ?? ServerSettings.None);
        await server.StartAgainAsync();
        return server;
    }

    public async Task StartAgainAsync()
    {
        var configuration = Path.Combine(_directory, "robustmq.yaml");
        await File.WriteAllTextAsync(configuration, JsonSerializer.Serialize(Configuration()));
        _process = new ServerProcess("dotnet", [Assembly(), "start", "--config", configuration]);
        var address = await _process.ReadUntilAsync(static line => line.StartsWith("nats ", StringComparison.Ordinal) ? line[5..].Trim() : null);
        await _process.ReadUntilAsync(static line => line == "ready" ? line : null);
        EndPoint = new IPEndPoint(IPAddress.Loopback, new Uri(address).Port);
    }

    public Task KillAsync() => _process!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The process of the same build as these tests, beside them in the artifacts.</summary>
    private static string Assembly()
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "RobustMQ", configuration, "robustmq.dll"));
    }

    /// <summary>JSON is YAML.</summary>
    private Dictionary<string, object> Configuration()
    {
        var nats = new Dictionary<string, object> { ["port"] = EndPoint.Port, ["monitoring_port"] = 0, ["auth_timeout"] = _settings.AuthTimeout ?? Patience };
        foreach (var (name, value) in _settings.Options)
            nats[name] = value;
        var configuration = new Dictionary<string, object>
        {
            ["data"] = Path.Combine(_directory, "data"),
            ["admin"] = new { port = 0 },
            ["storage"] = new { port = 0 },
            ["nats"] = nats,
            ["mqtt"] = new { port = 0 },
            ["kafka"] = new { port = 0 },
            ["amqp"] = new { port = 0 },
        };
        if (_settings.Users.Count > 0)
            configuration["auth"] = new { users = _settings.Users.Select(User).ToList() };
        return configuration;
    }

    private static Dictionary<string, object> User(ServerUser user)
    {
        var configured = new Dictionary<string, object> { ["name"] = user.Name, ["password"] = user.Password };
        if (user.Permissions.Count > 0)
        {
            configured["permissions"] = user.Permissions
                .GroupBy(static rule => rule.Key.Split('.')[0])
                .ToDictionary(static kind => kind.Key, static kind => kind.ToDictionary(static rule => rule.Key.Split('.')[1], static rule => rule.Value));
        }
        return configured;
    }
}
