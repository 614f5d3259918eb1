using RobustMQ.Kafka.Gateway.Groups.Consumers;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>
/// A group that this gateway coordinates: the machine with a lock, a clock and somebody to answer. A new generation is made known to the storage before its members are,
/// which fences commits of an earlier coordinator that does not know yet that it is none.
/// </summary>
internal sealed class CoordinatedGroup(Namespace ns, string name, GroupLimits limits, IConsumerClient consumers, ITopicShapes topics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private Task<ErrorCode>? _loading;
    private GroupMachine? _machine;
    private DateTimeOffset _usedAt = time.GetUtcNow();
    private long _generationTold;
    private bool _isClosed;

    public Namespace Namespace => ns;

    public string Name => name;

    /// <summary>Reads what an earlier coordinator left. Safe to call again after a failure.</summary>
    public async ValueTask<KafkaError> LoadAsync()
    {
        Task<ErrorCode> loading;
        lock (_lock)
            loading = _loading ??= ReadGenerationAsync();
        var error = await loading.ConfigureAwait(false);
        if (error == ErrorCode.None)
            return KafkaError.None;
        lock (_lock)
        {
            // Who waited for the same may have begun anew since.
            if (_loading == loading)
                _loading = null;
        }
        return KafkaError.CoordinatorNotAvailable;
    }

    public async Task<JoinOutcome> JoinAsync(Func<object, JoinIntent> intent)
    {
        var answer = new TaskCompletionSource<JoinOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!await StepAsync((machine, now) => machine.Join(intent(answer), now)).ConfigureAwait(false))
            return new JoinOutcome(KafkaError.NotCoordinator, string.Empty);
        return await answer.Task.ConfigureAwait(false);
    }

    public async Task<SyncOutcome> SyncAsync(Func<object, SyncIntent> intent)
    {
        var answer = new TaskCompletionSource<SyncOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!await StepAsync((machine, now) => machine.Sync(intent(answer), now)).ConfigureAwait(false))
            return new SyncOutcome(KafkaError.NotCoordinator);
        return await answer.Task.ConfigureAwait(false);
    }

    public async ValueTask<ConsumerOutcome> HeartbeatAsync(ConsumerIntent intent)
    {
        var outcome = new ConsumerOutcome(KafkaError.NotCoordinator, intent.MemberId);
        await StepAsync((machine, now) => outcome = machine.ConsumerHeartbeat(intent, now)).ConfigureAwait(false);
        return outcome;
    }

    /// <summary>Asks the machine something that it answers at once.</summary>
    public async ValueTask<KafkaError> AskAsync(Func<GroupMachine, DateTimeOffset, KafkaError> question)
    {
        var error = KafkaError.NotCoordinator;
        await StepAsync((machine, now) => error = question(machine, now)).ConfigureAwait(false);
        return error;
    }

    /// <returns>False: closed.</returns>
    public bool Read(Action<GroupMachine> look)
    {
        lock (_lock)
        {
            if (_isClosed || _machine is null)
                return false;
            look(_machine);
            return true;
        }
    }

    /// <returns>False: nobody has used it for long; it is closed and may be forgotten.</returns>
    public async ValueTask<bool> TickAsync(TimeSpan idleMax)
    {
        lock (_lock)
        {
            if (_machine is { IsIdle: false })
                _usedAt = time.GetUtcNow();
            if (time.GetUtcNow() - _usedAt > idleMax)
                _isClosed = true;
        }
        return await StepAsync(static (machine, now) => machine.Tick(now), isUse: false).ConfigureAwait(false) || !_isClosed;
    }

    /// <summary>This gateway is the group's coordinator no more.</summary>
    public void Close()
    {
        List<GroupEffect> effects;
        lock (_lock)
        {
            _isClosed = true;
            _machine?.Abandon(KafkaError.NotCoordinator);
            effects = TakeEffects();
        }
        Answer(effects);
    }

    private async Task<ErrorCode> ReadGenerationAsync()
    {
        // Only the generation is wanted; a group reads its offsets when a client asks.
        var offsets = await consumers.FetchOffsetsAsync(ns, name, []).ConfigureAwait(false);
        if (!offsets.Succeeded)
            return offsets.Error;
        lock (_lock)
        {
            _generationTold = Math.Max(0, offsets.Generation);
            _machine = new GroupMachine(limits, topics, (int)Math.Min(int.MaxValue - 1, _generationTold), static () => Guid.NewGuid().ToString());
        }
        return ErrorCode.None;
    }

    private async ValueTask<bool> StepAsync(Action<GroupMachine, DateTimeOffset> step, bool isUse = true)
    {
        List<GroupEffect> effects;
        long generation;
        bool hasConsumers;
        lock (_lock)
        {
            if (_isClosed || _machine is null)
                return false;
            var now = time.GetUtcNow();
            if (isUse)
                _usedAt = now;
            step(_machine, now);
            effects = TakeEffects();
            (generation, hasConsumers) = (_machine.Generation, !_machine.Consumers.IsEmpty);
        }
        if ((hasConsumers || effects.Exists(static effect => effect.Join is { Error: KafkaError.None })) && generation > Volatile.Read(ref _generationTold))
            await TellGenerationAsync(generation).ConfigureAwait(false);
        Answer(effects);
        return true;
    }

    /// <summary>Where the storage cannot be told now, the first commit of the generation does it.</summary>
    private async ValueTask TellGenerationAsync(long generation)
    {
        var error = await consumers.CommitOffsetsAsync(new OffsetCommit { Namespace = ns, Group = name, Generation = generation }).ConfigureAwait(false);
        if (error == ErrorCode.None)
            Volatile.Write(ref _generationTold, generation);
    }

    private List<GroupEffect> TakeEffects()
    {
        if (_machine is null || _machine.Effects.Count == 0)
            return [];
        List<GroupEffect> effects = [.. _machine.Effects];
        _machine.Effects.Clear();
        return effects;
    }

    private static void Answer(List<GroupEffect> effects)
    {
        foreach (var effect in effects)
        {
            if (effect.Join is { } join)
                ((TaskCompletionSource<JoinOutcome>)effect.Ticket).TrySetResult(join);
            else
                ((TaskCompletionSource<SyncOutcome>)effect.Ticket).TrySetResult(effect.Sync!);
        }
    }
}
