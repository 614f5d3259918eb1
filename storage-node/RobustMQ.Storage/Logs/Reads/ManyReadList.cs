using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>The results of a read of many logs, together.</summary>
internal sealed class ManyReadList(int logs) : IManyReadOutput
{
    private readonly List<ReadResult> _results = new(logs);

    public ValueTask TakeAsync(ReadResult result)
    {
        _results.Add(result);
        return ValueTask.CompletedTask;
    }

    public ReadManyResult ToResult() => new(_results);

    public void Dispose() => ToResult().Dispose();
}
