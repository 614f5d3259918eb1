using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>
/// Appends numbered records to one log, many unanswered at a time, and compares what was answered with what is there.
/// </summary>
internal sealed class AppendLoad(IStorageClient client, string topic)
{
    private readonly List<AppendResult> _results = [];
    private int _answered;

    public string Topic => topic;

    /// <summary>Appends that have an answer.</summary>
    public int Answered => Volatile.Read(ref _answered);

    public IReadOnlyList<AppendResult> Results => _results;

    /// <summary>Appends until told to stop, each append being one batch of one to three records.</summary>
    public async Task RunAsync(Func<int, bool> goOn, int unansweredMax = 100)
    {
        using var room = new SemaphoreSlim(unansweredMax);
        var appends = new List<Task<AppendResult>>();
        for (var i = 0; goOn(i); i++)
        {
            Assert.True(await room.WaitAsync(Limits.Deadline), $"append {i} waits for an answer to one of those before it");
            appends.Add(AppendAsync(Batch(i), room));
        }
        _results.AddRange(await Task.WhenAll(appends).WaitAsync(Limits.Deadline));
    }

    /// <summary>Everything was acknowledged, and the log holds it once, in order, at the offsets that were told.</summary>
    public void AssertStored(IReadOnlyList<SeenRecord> seen)
    {
        Assert.All(_results, result => Assert.Equal(ErrorCode.None, result.Error));
        Assert.All(_results, result => Assert.False(result.IsDuplicate));
        Assert.Equal(Enumerable.Range(0, _results.Count).SelectMany(Values), seen.Select(record => record.Value));
        Assert.Equal(Enumerable.Range(0, seen.Count).Select(i => (long)i), seen.Select(record => record.Offset));
        for (var i = 0; i < _results.Count; i++)
            Assert.Equal(Values(i).First(), seen[(int)_results[i].BaseOffset.Value].Value);
    }

    /// <summary>The values of one append.</summary>
    public static IEnumerable<string> Values(int append) => Enumerable.Range(0, 1 + (append % 3)).Select(i => $"{append}.{i}");

    private static byte[] Batch(int append) => TestBatch.OfValues("k", [.. Values(append)]);

    private async Task<AppendResult> AppendAsync(byte[] batch, SemaphoreSlim room)
    {
        var result = await client.Logs.AppendAsync(new AppendRequest { Log = TestNode.Log(topic), Batch = batch });
        Interlocked.Increment(ref _answered);
        room.Release();
        return result;
    }
}
