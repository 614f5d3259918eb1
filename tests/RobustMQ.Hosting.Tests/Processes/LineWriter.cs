using System.Text;

namespace RobustMQ.Hosting.Tests.Processes;

/// <summary>Collects lines, and lets a test wait for one.</summary>
internal sealed class LineWriter : TextWriter
{
    private readonly List<string> _lines = [];
    private readonly List<(string Line, TaskCompletionSource Seen)> _waiters = [];

    public override Encoding Encoding => Encoding.UTF8;

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public override void WriteLine(string? value)
    {
        lock (_lines)
        {
            _lines.Add(value ?? string.Empty);
            foreach (var (_, seen) in _waiters.FindAll(waiter => waiter.Line == value))
                seen.TrySetResult();
        }
    }

    public override void WriteLine() => WriteLine(string.Empty);

    public override Task WriteLineAsync(string? value)
    {
        WriteLine(value);
        return Task.CompletedTask;
    }

    public Task WaitForAsync(string line)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lines)
        {
            if (_lines.Contains(line))
                seen.SetResult();
            else
                _waiters.Add((line, seen));
        }
        return seen.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
