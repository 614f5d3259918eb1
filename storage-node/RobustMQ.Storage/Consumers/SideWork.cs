using RobustMQ.Records;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Delivery;

namespace RobustMQ.Storage.Consumers;

/// <summary>
/// What a consumer does beside its deliveries because it waits for disks: storing dead letters, and looking up records that somebody acknowledges without this consumer remembering that it
/// handed them out. Called under the consumer's lock except where it says so.
/// </summary>
internal sealed class SideWork(Consumer consumer, ConsumerEnvironment environment)
{
    private const long RetryMs = 1000;
    private const int DyingAtOnceMax = 64;

    private readonly Queue<RecordKey> _unknown = new();
    private Func<ConsumerMachine, Task>? _whenSettled;
    private Task _running = Task.CompletedTask;
    private bool _isRunning;

    /// <summary>Unix ms before which a failed attempt is not repeated.</summary>
    public long AgainMs { get; private set; }

    public void AddUnknown(RecordKey key)
    {
        _unknown.Enqueue(key);
        Start();
    }

    public void Start()
    {
        if (_isRunning)
            return;
        _isRunning = true;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Completes when what is to be done now was done once. Without the lock.</summary>
    public Task WhenSettledAsync() => consumer.Read(_whenSettled ??= WhenSettled);

    private Task WhenSettled(ConsumerMachine machine)
    {
        if (machine.Dying.Count > 0)
            Start();
        return _running;
    }

    private async Task RunAsync()
    {
        var dying = new List<(RecordKey Key, PendingRecord Record)>();
        var unknown = new List<RecordKey>();
        while (true)
        {
            dying.Clear();
            unknown.Clear();
            var hasWork = consumer.Read(machine =>
            {
                while (_unknown.TryDequeue(out var key))
                    unknown.Add(key);
                while (dying.Count < DyingAtOnceMax && machine.Dying.TryDequeue(out var key))
                {
                    var record = machine.Logs[key.Log].FindPending(key.Offset, out var isThere);
                    if (isThere && record.State == PendingState.Dying)
                        dying.Add((key, record));
                }
                return _isRunning = dying.Count + unknown.Count > 0;
            });
            if (!hasWork)
                return;
            foreach (var key in unknown)
                await AcknowledgeAsync(key).ConfigureAwait(false);
            if (await BuryAsync(dying).ConfigureAwait(false))
                continue;
            consumer.Settle(_ =>
            {
                AgainMs = environment.NowMs + RetryMs;
                _isRunning = false;
            });
            return;
        }
    }

    private async ValueTask<bool> BuryAsync(List<(RecordKey Key, PendingRecord Record)> dying)
    {
        var copies = new List<(RecordKey Key, Task<ErrorCode> Copy)>(dying.Count);
        foreach (var (key, record) in dying)
        {
            var copy = consumer.FindLink(key.Log) is { } link
                ? await DeadLetters.BeginAsync(environment, consumer, link, key.Offset, record).ConfigureAwait(false)
                : Task.FromResult(ErrorCode.None);
            copies.Add((key, copy));
        }
        var failure = ErrorCode.None;
        foreach (var (key, copy) in copies)
        {
            var error = await copy.ConfigureAwait(false);
            // A place that does not exist takes nothing, as a dead-letter exchange that was deleted.
            if (error is ErrorCode.None or ErrorCode.NotFound or ErrorCode.TooLarge)
            {
                environment.Metrics.Died();
                consumer.Settle(machine => machine.Buried(key));
                continue;
            }
            failure = error;
            consumer.Settle(machine => machine.NotBuried(key));
        }
        if (failure != ErrorCode.None)
            ConsumerLog.NotBuried(environment.Logger, consumer.Ref, failure);
        return failure == ErrorCode.None;
    }

    private async ValueTask AcknowledgeAsync(RecordKey key)
    {
        if (consumer.FindLink(key.Log) is not { } link || key.Offset >= link.Dispatch.Matched)
            return;
        using var record = new SingleRecord();
        if (await record.ReadAsync(link.Partition, key.Offset).ConfigureAwait(false))
            consumer.Settle(machine => machine.AcknowledgeTo(link.Progress, record.Priority, key.Offset));
    }
}
