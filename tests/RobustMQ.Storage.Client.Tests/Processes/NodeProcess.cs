using RobustMQ.Interop.Tests.Servers;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>The storage-node as a user starts it, with a temporary data directory. It may be killed and started again at the same port.</summary>
internal sealed class NodeProcess(IReadOnlyList<(string Name, string Value)>? environment = null, params string[] settings) : IAsyncDisposable
{
    private ServerProcess? _process;
    private int _port;

    /// <summary>Everything that the process stores lies below it.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("robustmq-node-").FullName;

    public string Address => $"http://127.0.0.1:{_port}";

    public Uri Admin { get; private set; } = null!;

    /// <summary>Resident memory of the process, bytes.</summary>
    public long MemoryBytes => _process!.MemoryBytes;

    public async Task StartAsync()
    {
        _process = new ServerProcess(
            "dotnet", [Assembly(), "--data", Path.Combine(Directory, "data"), "--storage:port", $"{_port}", "--admin:port", "0", .. settings], environment);
        _port = new Uri(await ReadAddressAsync("storage ")).Port;
        Admin = new Uri(await ReadAddressAsync("admin "));
        await _process.ReadUntilAsync(static line => line == "ready" ? line : null);
    }

    public Task KillAsync() => _process!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private Task<string> ReadAddressAsync(string name) =>
        _process!.ReadUntilAsync(line => line.StartsWith(name, StringComparison.Ordinal) ? line[name.Length..].Trim() : null);

    /// <summary>The process of the same build as these tests, beside them in the artifacts.</summary>
    private static string Assembly()
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "RobustMQ.StorageNode", configuration, "storage-node.dll"));
    }
}
