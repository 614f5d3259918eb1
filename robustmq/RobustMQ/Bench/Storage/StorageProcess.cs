using System.Diagnostics;

namespace RobustMQ.Bench.Storage;

/// <summary>A storage-node process with a directory of its own, as a user starts it; killed and removed at the end.</summary>
internal sealed class StorageProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);

    private readonly string _directory;
    private readonly string[] _settings;
    private Process? _process;

    /// <param name="directory">On the disk that is to be measured; created, and removed at the end.</param>
    /// <param name="settings">More settings of the process.</param>
    public StorageProcess(string directory, string[] settings)
    {
        _directory = directory;
        _settings = settings;
        Directory.CreateDirectory(directory);
    }

    /// <summary><c>http://127.0.0.1:PORT</c>.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Resident memory, bytes.</summary>
    public long MemoryBytes
    {
        get
        {
            _process!.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Processor time of the process so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process!.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <returns>From the start of the process to its <c>ready</c>.</returns>
    public TimeSpan Start()
    {
        var assembly = Path.Combine(AppContext.BaseDirectory, "storage-node.dll");
        if (!File.Exists(assembly))
            throw new IOException($"no storage-node beside this command: '{assembly}'; name a running one with --server");
        string[] arguments =
        [
            assembly, "--data", Path.Combine(_directory, "data"), "--storage:port", "0", "--admin:port", "0", "--log:level", "warning", .. _settings,
        ];
        var watch = Stopwatch.StartNew();
        _process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line.StartsWith("storage ", StringComparison.Ordinal))
                Address = line["storage ".Length..].Trim();
            if (line == "ready")
                return watch.Elapsed;
            if (watch.Elapsed > StartLimit)
                break;
        }
        throw new IOException("the storage-node did not start; its errors are above");
    }

    /// <summary>Ends it as <c>kill</c> does: in order.</summary>
    public void Stop()
    {
        if (_process is null)
            return;
        using (var kill = Process.Start("kill", [$"{_process.Id}"]))
            kill.WaitForExit();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Ends it as a crash would.</summary>
    public void Kill()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process?.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(_directory, recursive: true);
    }
}
