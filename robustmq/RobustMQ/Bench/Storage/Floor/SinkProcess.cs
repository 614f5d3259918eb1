using System.Diagnostics;

namespace RobustMQ.Bench.Storage.Floor;

/// <summary>A <see cref="SinkServer"/> in a process of its own, as a storage-node is; it ends with this one.</summary>
internal sealed class SinkProcess : IDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("robustmq-sink-");

    public SinkProcess()
    {
        var socket = Path.Combine(_directory.FullName, "socket");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "robustmq.dll"), "bench", "storage", "sink", socket])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        // As the storage-node has it in its own settings.
        start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        _process = Process.Start(start)!;
        Tcp = _process.StandardOutput.ReadLine() ?? throw new IOException("the sink did not start; its errors are above");
        Unix = "unix:" + socket;
    }

    public string Tcp { get; }

    public string Unix { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }
}
