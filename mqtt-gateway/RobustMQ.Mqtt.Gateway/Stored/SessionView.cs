using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// Follows the topic of sessions, so that this gateway knows which messages must be stored for sessions anywhere, before it acknowledges them. Reads are thread-safe.
/// </summary>
internal sealed partial class SessionView(SessionStore store, NamespaceRegistry namespaces, TopicMapping mapping, TimeProvider time, ILogger<SessionView> logger)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ViewedSession> _sessions = new();
    private readonly Lock _lock = new();
    private readonly List<(Offset End, TaskCompletionSource Reached)> _waiting = [];
    private TaskCompletionSource _following = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Offset _applied = Offset.Zero;

    public int Count => _sessions.Count;

    /// <summary>Without what is left of others.</summary>
    public int SessionCount => _sessions.Values.Count(static session => session.Head is not null);

    public bool Has(SessionName name) => _sessions.TryGetValue(name.Hash, out var session) && session.Head is not null;

    /// <summary>Sessions that have an end or a will to look after.</summary>
    public IEnumerable<ViewedSession> All => _sessions.Values;

    /// <summary>Waits until it is known here what sessions want: a gateway that has not reached storage yet, or has lost it, does not know.</summary>
    /// <returns>False where that takes longer than the caller waits.</returns>
    public ValueTask<bool> WhenFollowingAsync(TimeSpan atMost)
    {
        var following = Volatile.Read(ref _following).Task;
        return following.IsCompleted ? new ValueTask<bool>(true) : IsReachedAsync(following, atMost);
    }

    /// <summary>Completes when everything that was stored before the call is known here.</summary>
    /// <returns>False where storage cannot be reached.</returns>
    public async ValueTask<bool> CatchUpAsync()
    {
        if (await store.EndAsync(CancellationToken.None).ConfigureAwait(false) is not { } end)
        {
            // The first clients of all may be here before the topic is.
            if (!await WhenFollowingAsync(CatchUpMax).ConfigureAwait(false) || await store.EndAsync(CancellationToken.None).ConfigureAwait(false) is not { } later)
                return false;
            end = later;
        }
        Task reached;
        lock (_lock)
        {
            if (_applied >= end)
                return true;
            var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((end, waiting));
            reached = waiting.Task;
        }
        return await IsReachedAsync(reached, CatchUpMax).ConfigureAwait(false);
    }

    /// <summary>Follows until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    if (await store.EnsureAsync(cancellationToken).ConfigureAwait(false) == ErrorCode.None)
                        await FollowAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (StorageException error)
                {
                    LogNotFollowed(logger, error.Code);
                }
                if (_following.Task.IsCompleted)
                    Volatile.Write(ref _following, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                await Task.Delay(RetryAfter, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>From the beginning, until a read fails: what was not told again by the first end of the topic is gone.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        foreach (var session in _sessions.Values)
            session.IsConfirmed = false;
        Offset? from = null;
        var isThrough = false;
        while (true)
        {
            using var page = await store.FollowAsync(from, isThrough ? Wait : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (!page.Succeeded)
            {
                LogNotFollowed(logger, page.Error);
                return;
            }
            Apply(page.Batches);
            from = page.NextOffset;
            // What came while an empty answer was given is behind it: it is read next.
            var isAtEnd = page.Batches.IsEmpty || from >= page.LogEndOffset;
            if (isAtEnd && !isThrough)
                ForgetUnconfirmed();
            isThrough = isAtEnd;
            if (isAtEnd)
                Reached(from.Value);
        }
    }

    private async ValueTask<bool> IsReachedAsync(Task reached, TimeSpan atMost)
    {
        try
        {
            await reached.WaitAsync(atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero, time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void Reached(Offset end)
    {
        _following.TrySetResult();
        lock (_lock)
        {
            _applied = end;
            for (var at = _waiting.Count - 1; at >= 0; at--)
            {
                if (_waiting[at].End > end)
                    continue;
                _waiting[at].Reached.SetResult();
                _waiting.RemoveAt(at);
            }
        }
    }

    private void ForgetUnconfirmed()
    {
        foreach (var session in _sessions.Values)
        {
            if (session.IsConfirmed)
                continue;
            foreach (var id in session.Wanted.Keys.ToArray())
                Forget(session, id);
            _sessions.TryRemove(session.Hash, out _);
        }
    }

    private void Apply(ReadOnlyMemory<byte> batches)
    {
        var walker = new BatchReader(batches);
        while (walker.MoveNext())
        {
            var reader = new RecordReader(walker.Current.Span);
            while (reader.MoveNext())
                Apply(reader.Current);
        }
    }

    private void Apply(in Record record)
    {
        if (!SessionKey.TryRead(record.Key, out var hash, out var part, out var id))
            return;
        var session = _sessions.GetOrAdd(hash, static key => new ViewedSession(key));
        session.IsConfirmed = true;
        switch (part)
        {
            case SessionPart.Head:
                session.Head = SessionHead.TryRead(record.Value, out var head) ? head : null;
                break;
            case SessionPart.Will:
                session.Will = StoredWill.TryRead(record.Value, out var will) ? will : null;
                session.WillOffset = record.Offset;
                break;
            case SessionPart.Subscription:
                Forget(session, id);
                if (StoredSubscription.TryRead(id, record.Value, out var subscription) && subscription.KeepsMessages)
                    Want(session, subscription);
                break;
        }
        if (session.IsEmpty)
            _sessions.TryRemove(hash, out _);
    }

    private void Want(ViewedSession session, StoredSubscription subscription)
    {
        if (!FilterName.TryParse(subscription.TopicFilter, out var name))
            return;
        var filter = name.Filter;
        var bytes = ArrayPool<byte>.Shared.Rent(TopicMapping.SubjectBytesMax(filter.Length));
        if (mapping.TryToFilter(filter, bytes, out var written))
        {
            var wanted = new WantedSubjects(subscription.Namespace, bytes[..written], name.ShareName);
            session.Wanted.Add(subscription.Id, wanted);
            namespaces.Of(wanted.Namespace).AddWanted(wanted);
        }
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Forget(ViewedSession session, int id)
    {
        if (session.Wanted.Remove(id, out var wanted))
            namespaces.Of(wanted.Namespace).RemoveWanted(wanted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sessions of other gateways are not followed: {Error}; trying again")]
    private static partial void LogNotFollowed(ILogger logger, ErrorCode error);
}
