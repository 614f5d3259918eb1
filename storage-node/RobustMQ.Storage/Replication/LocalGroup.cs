using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Replication;

/// <summary>
/// A group of one member: applies, then makes durable once for everything that arrived while the last round ran. Appends need not wait for that: they are applied while what came before them is
/// being made durable, and are answered behind it. Where metadata cannot be written, memory is ahead of the disk: nothing of
/// it is shown to anybody, those who asked for it learn that its outcome is unknown, and further changes of metadata are refused until what is held back could be written. Logs, which have
/// disks of their own, go on.
/// </summary>
internal sealed partial class LocalGroup : IReplicationGroup
{
    /// <summary>Operations of one round, and so of one fsync.</summary>
    public const int RoundMax = 1024;

    private const int QueueMax = 4096;

    /// <summary>Rounds of appends that are applied and not durable yet; each waits for one and the same sync, or the one behind it.</summary>
    private const int RoundsAheadMax = 64;

    private readonly Channel<Proposal> _proposals =
        Channel.CreateBounded<Proposal>(new BoundedChannelOptions(QueueMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly IStateMachine _machine;
    private readonly IMetadataStore _store;
    private readonly ILogger _logger;
    private readonly MetadataChanges _changes = new();
    private readonly Task _loop;
    private Task<bool> _settling = Task.FromResult(true);
    private int _roundsAhead;
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
                await WaitForRoundsBeforeAsync().ConfigureAwait(false);
                if (_failure is not null)
                    break;
                var round = ApplyRound();
                round.FindsChangesHeld = _refusal is not null;
                _settling = SettleAsync(_settling, round);
                if (!round.MayOverlap)
                    await _settling.ConfigureAwait(false);
            }
            catch (Exception error)
            {
                Stop(error);
            }
        }
        await _settling.ConfigureAwait(false);
        while (_proposals.Reader.TryRead(out var waiting))
            waiting.Fail(ErrorCode.DiskFailure);
    }

    /// <summary>What changes more than logs by appending finds everything before it settled, and so does everybody where too much is under way.</summary>
    private async ValueTask WaitForRoundsBeforeAsync()
    {
        if (_settling.IsCompleted || !_proposals.Reader.TryPeek(out var next) || !next.MayOverlap || ++_roundsAhead >= RoundsAheadMax)
        {
            await _settling.ConfigureAwait(false);
            _roundsAhead = 0;
        }
    }

    private Round ApplyRound()
    {
        var round = new Round();
        var isAhead = !_settling.IsCompleted;
        try
        {
            var operations = 0;
            while (operations < RoundMax && _proposals.Reader.TryPeek(out var next) && (operations == 0 || operations + next.Operations.Length <= RoundMax))
            {
                if (isAhead && !next.MayOverlap)
                    break;
                _proposals.Reader.TryRead(out _);
                round.Add(next);
                operations += next.Operations.Length;
                for (var i = 0; i < next.Operations.Length; i++)
                    next.Results[i] = Apply(next.Operations[i]);
            }
            return round;
        }
        catch (Exception error)
        {
            Stop(error);
            round.Fail();
            throw;
        }
    }

    private OperationResult Apply(Operation operation) =>
        _refusal is { } refusal && !operation.IsOfLogs
            ? new OperationResult(ErrorCode.DiskFailure, Message: refusal.Message)
            : _machine.Apply(operation, Interlocked.Increment(ref _appliedIndex), Epoch, _changes);

    /// <summary>Begins to make a round durable, all of it by the time that the call returns with a task; answers it when it is, and those before it are answered.</summary>
    /// <param name="before">The rounds before: whether they stand.</param>
    /// <returns>False where the group has stopped.</returns>
    private async Task<bool> SettleAsync(Task<bool> before, Round round)
    {
        try
        {
            CommitChanges();
            var outcome = await _machine.FlushAsync(before).ConfigureAwait(false);
            if (!await before.ConfigureAwait(false))
            {
                round.Fail();
                return false;
            }
            foreach (var proposal in round.Proposals)
            {
                for (var i = 0; i < proposal.Operations.Length; i++)
                    proposal.Results[i] = Settle(proposal.Operations[i], proposal.Results[i], outcome, round.FindsChangesHeld);
            }
            if (_refusal is null && !round.MayOverlap)
                _machine.Publish();
            round.Complete();
            return true;
        }
        catch (Exception error)
        {
            // Whoever is told of the failure may propose at once, and is refused.
            Stop(error);
            round.Fail();
            return false;
        }
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

    private OperationResult Settle(Operation operation, OperationResult applied, FlushOutcome outcome, bool wasHeld) =>
        _refusal is { } refusal && !wasHeld && !operation.IsOfLogs && applied.Error == ErrorCode.None
            ? new OperationResult(ErrorCode.UnknownOutcome, Message: refusal.Message)
            : _machine.Settle(operation, applied, outcome);

    private void Stop(Exception error)
    {
        if (Interlocked.CompareExchange(ref _failure, error, null) is null)
            LogFailed(error);
        _proposals.Writer.TryComplete();
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

        /// <summary>A proposal of nothing is there to try again what could not be written, and to publish it.</summary>
        public bool MayOverlap { get; } = operations.Length > 0 && Array.TrueForAll(operations, static operation => operation.MayOverlap);

        public Task<OperationResult[]> Completion => _completion.Task;

        public void Complete() => _completion.TrySetResult(Results);

        public void Fail(ErrorCode error)
        {
            Array.Fill(Results, new OperationResult(error, Message: "the node's metadata can no longer be written"));
            _completion.TrySetResult(Results);
        }
    }

    /// <summary>What is made durable together.</summary>
    private sealed class Round
    {
        private bool _appendsOnly = true;

        public List<Proposal> Proposals { get; } = [];

        /// <summary>Changes of metadata wait to be written: this round may be the one that writes them, and then it publishes them.</summary>
        public bool FindsChangesHeld { get; set; }

        public bool MayOverlap => _appendsOnly && !FindsChangesHeld;

        public void Add(Proposal proposal)
        {
            Proposals.Add(proposal);
            _appendsOnly &= proposal.MayOverlap;
        }

        public void Complete()
        {
            foreach (var proposal in Proposals)
                proposal.Complete();
        }

        public void Fail()
        {
            foreach (var proposal in Proposals)
                proposal.Fail(ErrorCode.UnknownOutcome);
        }
    }
}
