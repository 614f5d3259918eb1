using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Replication;

/// <summary>
/// A group of one member: applies, then makes durable once for everything that arrived while the last round ran. Where metadata cannot be written, memory is ahead of the disk: nothing of
/// it is shown to anybody, those who asked for it learn that its outcome is unknown, and further changes of metadata are refused until what is held back could be written. Logs, which have
/// disks of their own, go on.
/// </summary>
internal sealed partial class LocalGroup : IReplicationGroup
{
    /// <summary>Operations of one round, and so of one fsync.</summary>
    public const int RoundMax = 1024;

    private const int QueueMax = 4096;

    private readonly Channel<Proposal> _proposals =
        Channel.CreateBounded<Proposal>(new BoundedChannelOptions(QueueMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly IStateMachine _machine;
    private readonly IMetadataStore _store;
    private readonly ILogger _logger;
    private readonly MetadataChanges _changes = new();
    private readonly List<Proposal> _round = [];
    private readonly Task _loop;
    private long _appliedIndex;
    private volatile Exception? _failure;
    private volatile Exception? _refusal;

    public LocalGroup(IStateMachine machine, IMetadataStore store, Epoch epoch, long appliedIndex, ILogger logger)
    {
        _machine = machine;
        _store = store;
        _logger = logger;
        _appliedIndex = appliedIndex;
        Epoch = epoch;
        _loop = Task.Run(RunAsync);
    }

    public Epoch Epoch { get; }

    public long AppliedIndex => Interlocked.Read(ref _appliedIndex);

    public Exception? Failure => _failure ?? _refusal;

    public async Task<OperationResult[]> ProposeAsync(params Operation[] operations)
    {
        var proposal = new Proposal(operations);
        try
        {
            await _proposals.Writer.WriteAsync(proposal).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            proposal.Fail(_failure is null ? ErrorCode.Unavailable : ErrorCode.DiskFailure);
        }
        return await proposal.Completion.ConfigureAwait(false);
    }

    /// <summary>Finishes what was proposed and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _proposals.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (await _proposals.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            try
            {
                ApplyRound();
                await CommitRoundAsync().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                Stop(error);
                return;
            }
            CompleteRound();
        }
    }

    private void ApplyRound()
    {
        var operations = 0;
        while (operations < RoundMax && _proposals.Reader.TryPeek(out var next) && (operations == 0 || operations + next.Operations.Length <= RoundMax))
        {
            _proposals.Reader.TryRead(out _);
            _round.Add(next);
            operations += next.Operations.Length;
            for (var i = 0; i < next.Operations.Length; i++)
                next.Results[i] = Apply(next.Operations[i]);
        }
    }

    private OperationResult Apply(Operation operation) =>
        _refusal is { } refusal && !operation.IsOfLogs
            ? new OperationResult(ErrorCode.DiskFailure, Message: refusal.Message)
            : _machine.Apply(operation, Interlocked.Increment(ref _appliedIndex), Epoch, _changes);

    private async ValueTask CommitRoundAsync()
    {
        var wasHeld = _refusal is not null;
        CommitChanges();
        await _machine.FlushAsync().ConfigureAwait(false);
        foreach (var proposal in _round)
        {
            for (var i = 0; i < proposal.Operations.Length; i++)
                proposal.Results[i] = Settle(proposal.Operations[i], proposal.Results[i], wasHeld);
        }
        if (_refusal is null)
            _machine.Publish();
    }

    /// <summary>What cannot be written stays, and every round tries again: a store that has lost a sync refuses for good, one that was full takes it when there is room.</summary>
    private void CommitChanges()
    {
        if (_changes.IsEmpty)
            return;
        try
        {
            _store.Commit(_changes);
            _changes.Clear();
            _refusal = null;
        }
        catch (StorageException refusal)
        {
            if (_refusal is null)
                LogHeld(refusal);
            _refusal = refusal;
        }
    }

    private OperationResult Settle(Operation operation, OperationResult applied, bool wasHeld) =>
        _refusal is { } refusal && !wasHeld && !operation.IsOfLogs && applied.Error == ErrorCode.None
            ? new OperationResult(ErrorCode.UnknownOutcome, Message: refusal.Message)
            : _machine.Settle(operation, applied);

    private void CompleteRound()
    {
        foreach (var proposal in _round)
            proposal.Complete();
        _round.Clear();
    }

    private void Stop(Exception error)
    {
        _failure = error;
        LogFailed(error);
        _proposals.Writer.TryComplete();
        foreach (var proposal in _round)
            proposal.Fail(ErrorCode.UnknownOutcome);
        _round.Clear();
        while (_proposals.Reader.TryRead(out var waiting))
            waiting.Fail(ErrorCode.DiskFailure);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "The replication group stopped: what it applied could not be made durable")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Metadata cannot be written: changes of it are held back and further ones refused")]
    private partial void LogHeld(Exception error);

    private sealed class Proposal(Operation[] operations)
    {
        private readonly TaskCompletionSource<OperationResult[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Operation[] Operations { get; } = operations;

        public OperationResult[] Results { get; } = new OperationResult[operations.Length];

        public Task<OperationResult[]> Completion => _completion.Task;

        public void Complete() => _completion.TrySetResult(Results);

        public void Fail(ErrorCode error)
        {
            Array.Fill(Results, new OperationResult(error, Message: "the node's metadata can no longer be written"));
            _completion.TrySetResult(Results);
        }
    }
}
