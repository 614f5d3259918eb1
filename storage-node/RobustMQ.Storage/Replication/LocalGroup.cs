using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Replication;

/// <summary>
/// A group of one member: applies, then makes durable once for everything that arrived while the last round ran. Appends need not wait for that: they are applied while what came before them is
/// being made durable, and are answered behind it. A proposer that waits anyway does both itself where nobody else is at it. Where metadata cannot be written, memory is ahead of the disk: nothing of
/// it is shown to anybody, those who asked for it learn that its outcome is unknown, and further changes of metadata are refused until what is held back could be written. Logs, which have
/// disks of their own, go on.
/// </summary>
internal sealed partial class LocalGroup : IReplicationGroup, IThreadPoolWorkItem
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
    private readonly SyncTurn _turn = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<bool> _settling = Task.FromResult(true);
    private int _roundsAhead;

    /// <summary>0: the loop rests; 1: it runs; 2: it looks again before it rests.</summary>
    private int _work;
    private volatile bool _stops;
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
    }

    public Epoch Epoch { get; }

    public long AppliedIndex => Interlocked.Read(ref _appliedIndex);

    public Exception? Failure => _failure ?? _refusal;

    public Task<OperationResult[]> ProposeAsync(params Operation[] operations) => ProposeAsync(operations, isHere: false);

    public Task<OperationResult[]> ProposeHereAsync(params Operation[] operations) => ProposeAsync(operations, isHere: true);

    private async Task<OperationResult[]> ProposeAsync(Operation[] operations, bool isHere)
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
        Wake(isHere);
        return await proposal.Completion.ConfigureAwait(false);
    }

    /// <summary>Finishes what was proposed and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _proposals.Writer.TryComplete();
        _stops = true;
        Wake(isHere: false);
        await _stopped.Task.ConfigureAwait(false);
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync(isGuest: false);

    private void Wake(bool isHere)
    {
        if (Interlocked.Exchange(ref _work, 2) != 0)
            return;
        // Behind a sync that is under way many may gather, and are applied together.
        if (isHere && _settling.IsCompleted)
            _ = RunAsync(isGuest: true);
        else
            RunElsewhere();
    }

    private void RunElsewhere() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>The loop, one at a time: applies what was proposed round by round, and runs the sync that the last of them waits for.</summary>
    /// <param name="isGuest">The thread is a proposer's: it carries out one round, and leaves what came meanwhile to the pool.</param>
    private async Task RunAsync(bool isGuest)
    {
        ISharedSync? sync = null;
        var rounds = 0;
        do
        {
            Volatile.Write(ref _work, 1);
            for (; _proposals.Reader.TryPeek(out var next); rounds++)
            {
                if (isGuest && rounds > 0)
                {
                    RunElsewhere();
                    sync?.Run(isGuest: true);
                    return;
                }
                // More is applied here while it runs.
                sync?.RunElsewhere();
                if (MustWait(next))
                    isGuest &= !await WaitForRoundsBeforeAsync().ConfigureAwait(false);
                var mayOverlap = RunRound();
                sync = _turn.Take();
                if (mayOverlap)
                    continue;
                sync?.Run(isGuest);
                sync = null;
                isGuest &= !await WaitForRoundsBeforeAsync().ConfigureAwait(false);
            }
            if (_stops)
            {
                sync?.Run(isGuest);
                sync = null;
                await WaitForRoundsBeforeAsync().ConfigureAwait(false);
                _stopped.TrySetResult();
            }
        }
        while (Interlocked.CompareExchange(ref _work, 0, 1) != 1);
        sync?.Run(isGuest);
    }

    /// <summary>What changes more than logs by appending finds everything before it settled, and so does everybody where too much is under way.</summary>
    private bool MustWait(Proposal next)
    {
        if (_settling.IsCompleted)
            _roundsAhead = 0;
        else if (!next.MayOverlap || ++_roundsAhead >= RoundsAheadMax)
            return true;
        return false;
    }

    /// <returns>It had to wait, and goes on on a thread of the pool: the one that ended the rounds before has its own to do.</returns>
    private async ValueTask<bool> WaitForRoundsBeforeAsync()
    {
        _roundsAhead = 0;
        if (_settling.IsCompleted)
            return false;
        await _settling.ConfigureAwait(false);
        await Task.Yield();
        return true;
    }

    /// <returns>What comes next need not wait for it.</returns>
    private bool RunRound()
    {
        try
        {
            if (_failure is not null)
            {
                while (_proposals.Reader.TryRead(out var waiting))
                    waiting.Fail(ErrorCode.DiskFailure);
                return true;
            }
            var round = ApplyRound();
            round.FindsChangesHeld = _refusal is not null;
            _settling = SettleAsync(_settling, round);
            return round.MayOverlap;
        }
        catch (Exception error)
        {
            Stop(error);
            return true;
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
            var outcome = await _machine.FlushAsync(before, _turn).ConfigureAwait(false);
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
            foreach (var proposal in round.Proposals)
            {
                Announce(proposal);
                proposal.Complete();
            }
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

    private void Announce(Proposal proposal)
    {
        try
        {
            for (var i = 0; i < proposal.Operations.Length; i++)
                _machine.Announce(proposal.Operations[i], proposal.Results[i]);
        }
        catch (Exception error)
        {
            // What was changed stands, and so does its answer.
            LogUnannounced(error);
        }
    }

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

    [LoggerMessage(Level = LogLevel.Error, Message = "Followers of a log could not be told of an append")]
    private partial void LogUnannounced(Exception error);

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

        public void Fail()
        {
            foreach (var proposal in Proposals)
                proposal.Fail(ErrorCode.UnknownOutcome);
        }
    }
}
