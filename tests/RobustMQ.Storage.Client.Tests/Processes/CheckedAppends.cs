using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>Appends numbered records one after the other, whatever is answered, and afterwards compares what was answered with what is there.</summary>
internal sealed class CheckedAppends(IStorageClient client, string topic)
{
    private readonly List<AppendResult> _results = [];

    /// <summary>Who appends from now on.</summary>
    public IStorageClient Client { get; set; } = client;

    /// <returns>What was answered.</returns>
    public async Task<List<ErrorCode>> AppendAsync(int count)
    {
        var errors = new List<ErrorCode>();
        for (var i = 0; i < count; i++)
        {
            var result = await Client.AppendAsync(topic, TestBatch.OfValues("k", $"{_results.Count}"));
            _results.Add(result);
            errors.Add(result.Error);
        }
        return errors;
    }

    public async Task SucceedAsync(int count) => Assert.All(await AppendAsync(count), error => Assert.Equal(ErrorCode.None, error));

    /// <summary>Appends until one is taken.</summary>
    public async Task RecoverAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Deadline);
        while ((await AppendAsync(1))[0] != ErrorCode.None)
        {
            Assert.False(limit.IsCancellationRequested, "the log takes appends again");
            await Task.Delay(50);
        }
    }

    /// <summary>What was acknowledged is there, where it was said, once and in order. What was not may be there, once and in order.</summary>
    public async Task AssertStoredAsync()
    {
        var seen = await Client.ReadAllAsync(topic);
        for (var i = 0; i < _results.Count; i++)
        {
            if (_results[i].Succeeded)
                Assert.Equal($"{i}", seen.Single(record => record.Offset == _results[i].BaseOffset.Value).Value);
        }
        var numbers = seen.ConvertAll(record => int.Parse(record.Value!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(numbers.Distinct().Order(), numbers);
    }
}
