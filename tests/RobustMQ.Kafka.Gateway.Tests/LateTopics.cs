using System.Runtime.CompilerServices;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A storage-node whose watch tells of topics when a test says so, as does whoever is asked for one of them.</summary>
internal sealed class LateTopics(IStorageClient inner) : TopicsOver(inner)
{
    private readonly List<string> _asked = [];
    private TaskCompletionSource _watch = Open();
    private TaskCompletionSource _answers = Open();

    /// <summary>Topics that were asked for by their names.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
                return [.. _asked];
        }
    }

    /// <summary>Nobody is there to answer.</summary>
    public bool IsAway { get; set; }

    public void HoldWatch() => _watch = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetWatchGo() => _watch.TrySetResult();

    public void HoldAnswers() => _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetAnswersGo() => _answers.TrySetResult();

    public override async ValueTask<TopicResult> GetAsync(Namespace ns, TopicName name, CancellationToken cancellationToken = default)
    {
        lock (_asked)
            _asked.Add(name.Value);
        var answer = IsAway ? new TopicResult(ErrorCode.Unavailable, null) : await base.GetAsync(ns, name, cancellationToken);
        await _answers.Task.WaitAsync(cancellationToken);
        return answer;
    }

    public override async IAsyncEnumerable<TopicEvent> WatchAsync(Namespace? ns, bool includeInternal, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var change in base.WatchAsync(ns, includeInternal, cancellationToken))
        {
            await _watch.Task.WaitAsync(cancellationToken);
            yield return change;
        }
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
