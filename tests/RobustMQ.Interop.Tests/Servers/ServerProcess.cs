using System.Diagnostics;
using System.Text;
using System.Threading.Channels;

namespace RobustMQ.Interop.Tests.Servers;

/// <summary>A process with what it prints, killed at the latest when it is disposed of.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly StringBuilder _log = new();

    public ServerProcess(string file, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? [])
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Reads what the process prints until a line answers.</summary>
    /// <param name="choose">The answer of a line; null: not this one.</param>
    public async Task<string> ReadUntilAsync(Func<string, string?> choose)
    {
        using var limit = new CancellationTokenSource(Deadline);
        try
        {
            while (true)
            {
                if (choose(await _lines.Reader.ReadAsync(limit.Token)) is { } answer)
                    return answer;
            }
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"The server never said what was waited for:\n{_log}");
        }
    }

    /// <summary>Resident memory, bytes.</summary>
    public long MemoryBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Ends it as a crash would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.AppendLine(line);
        _lines.Writer.TryWrite(line);
    }
}
