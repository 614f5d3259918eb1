namespace RobustMQ.Records.Logs;

/// <summary>Outcome of a read of many logs: one result each, in the order asked for, all of them returned by <see cref="Dispose"/>.</summary>
public sealed class ReadManyResult(IReadOnlyList<ReadResult> logs) : IDisposable
{
    public IReadOnlyList<ReadResult> Logs => logs;

    /// <summary>The call itself failed: every log says so.</summary>
    public static ReadManyResult Failed(ErrorCode error, int logs)
    {
        var results = new ReadResult[logs];
        Array.Fill(results, ReadResult.Failed(error));
        return new ReadManyResult(results);
    }

    public void Dispose()
    {
        foreach (var log in logs)
            log.Dispose();
    }
}
