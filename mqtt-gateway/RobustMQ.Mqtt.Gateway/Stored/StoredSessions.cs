using System.Globalization;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>Sessions that outlive their connections: found or made at CONNECT, left or ended when the connection ends. Thread-safe.</summary>
internal sealed class StoredSessions(IConsumerClient consumers, SessionStore store, SessionView view, MqttOptions options, TimeProvider time)
{
    /// <summary>
    /// Label of a session's consumer: the epoch of the connection that made it. Of a connection that could not finish (the storage-node went away in the middle) the consumer is there
    /// already, and is not that of the session which its records still tell of.
    /// </summary>
    public const string BeganLabel = "began";

    /// <summary>A session that ends with its connection ends soon after its gateway, too.</summary>
    private static readonly TimeSpan ExpiryMin = TimeSpan.FromSeconds(1);

    public SessionStore Store { get; } = store;

    public SessionView View { get; } = view;

    /// <summary>Makes the session that a CONNECT asks for the connection's.</summary>
    /// <param name="epoch">Of the client identifier's lease.</param>
    /// <param name="expirySeconds">As granted.</param>
    public async ValueTask<SessionOpening> OpenAsync(SessionName name, long epoch, bool cleanStart, uint expirySeconds)
    {
        while (true)
        {
            // The connection that had the session before may change it until it is ours: what it leaves, its will above all, is to be seen.
            var opening = await TryOpenAsync(name, epoch, cleanStart, expirySeconds).ConfigureAwait(false);
            if (opening.Error != ErrorCode.OffsetMismatch)
                return opening;
        }
    }

    private async ValueTask<SessionOpening> TryOpenAsync(SessionName name, long epoch, bool cleanStart, uint expirySeconds)
    {
        if (!await View.CatchUpAsync().ConfigureAwait(false))
            return new SessionOpening(ErrorCode.Unavailable);
        var isKnown = View.Has(name);
        if (!isKnown && expirySeconds == 0)
            return new SessionOpening(ErrorCode.None);
        var (error, saved) = await Store.ReadAsync(name).ConfigureAwait(false);
        if (error != ErrorCode.None)
            return new SessionOpening(error);
        if (saved.Head is { } owner && owner.Epoch > epoch)
            return new SessionOpening(ErrorCode.Fenced);
        StoredWill? orphan = null;
        if (cleanStart || saved.Head is null)
        {
            error = await DiscardAsync(name, saved).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return new SessionOpening(error);
            orphan = saved.Will;
            saved = new SavedSession();
            if (expirySeconds == 0)
                return new SessionOpening(ErrorCode.None, OrphanedWill: orphan);
        }
        return await AttachAsync(new SessionHead(name, epoch, expirySeconds, EndsAtMs: 0, Began: epoch), saved, orphan).ConfigureAwait(false);
    }

    /// <summary>The connection has ended.</summary>
    public async ValueTask DetachAsync(SessionHead head, uint expirySeconds)
    {
        if (expirySeconds == 0)
        {
            await EndAsync(head).ConfigureAwait(false);
            return;
        }
        if (expirySeconds != head.ExpirySeconds)
            await ChangeExpiryAsync(head.Name, expirySeconds).ConfigureAwait(false);
        var endsAtMs = expirySeconds == uint.MaxValue ? 0 : time.GetUtcNow().ToUnixTimeMilliseconds() + expirySeconds * 1000L;
        await ChangeAsync(head, change => change.Put(head with { ExpirySeconds = expirySeconds, EndsAtMs = endsAtMs })).ConfigureAwait(false);
    }

    /// <summary>Stores a will whose delay begins now. Where another connection has the session by now, it says what became of the will: that one cannot know of it.</summary>
    public async ValueTask<WillOutcome> StoreWillAsync(SessionHead head, Will will, string user, uint delaySeconds)
    {
        var dueAtMs = time.GetUtcNow().ToUnixTimeMilliseconds() + delaySeconds * 1000L;
        var stored = await ChangeAsync(head, change => change.Put(head).Put(new StoredWill(head.Epoch, dueAtMs, will, user))).ConfigureAwait(false);
        if (stored == ErrorCode.None)
            return WillOutcome.Waits;
        if (stored != ErrorCode.Fenced)
            return WillOutcome.IsDue;
        var (error, present) = await Store.ReadAsync(head.Name).ConfigureAwait(false);
        return error == ErrorCode.None && present.Head is { } now && now.Began <= head.Epoch ? WillOutcome.IsTakenBack : WillOutcome.IsDue;
    }

    /// <summary>Stores a change of a session by the connection that has it. <see cref="ErrorCode.Fenced"/>: another one has it by now, or it is over.</summary>
    /// <param name="fill">Puts the session's head first: whoever else changes the session notices.</param>
    public async ValueTask<ErrorCode> ChangeAsync(SessionHead head, Action<SessionChange> fill)
    {
        while (true)
        {
            var (error, present) = await Store.ReadAsync(head.Name).ConfigureAwait(false);
            if (error != ErrorCode.None)
                return error;
            if (present.Head?.Epoch != head.Epoch)
                return ErrorCode.Fenced;
            var change = Store.Change(head.Name, present.HeadOffset);
            fill(change);
            error = await Store.StoreAsync(change).ConfigureAwait(false);
            // Two changes of one owner may meet.
            if (error != ErrorCode.OffsetMismatch)
                return error;
        }
    }

    /// <summary>Ends a session that nobody is connected to. Nothing happens where somebody has connected meanwhile.</summary>
    public async ValueTask<SavedSession?> EndAsync(SessionHead head)
    {
        var removed = await consumers.DeleteAsync(new ConsumerDelete { Consumer = head.Name.Consumer, IfUnused = true }).ConfigureAwait(false);
        if (removed.Error is not (ErrorCode.None or ErrorCode.NotFound))
            return null;
        var (error, saved) = await Store.ReadAsync(head.Name).ConfigureAwait(false);
        if (error != ErrorCode.None || saved.Head is null || saved.Head.Epoch != head.Epoch)
            return null;
        return await Store.StoreAsync(Forget(Store.Change(head.Name, saved.HeadOffset), saved)).ConfigureAwait(false) == ErrorCode.None ? saved : null;
    }

    private async ValueTask<SessionOpening> AttachAsync(SessionHead head, SavedSession saved, StoredWill? orphan)
    {
        var expiry = head.ExpirySeconds == uint.MaxValue ? TimeSpan.Zero : TimeSpan.FromSeconds(head.ExpirySeconds);
        if (head.ExpirySeconds == 0)
            expiry = ExpiryMin;
        var wanted = new ConsumerSpec
        {
            Consumer = head.Name.Consumer,
            Start = ConsumerStart.New,
            Members = MemberPolicy.Exclusive,
            InactiveExpiry = expiry,
            Labels = new Dictionary<string, string> { [BeganLabel] = head.Epoch.ToString(CultureInfo.InvariantCulture) },
            Backlog = options.SessionMessagesMax == 0 && options.SessionBytesMax == 0 ? null : new BacklogLimit { MaxRecords = options.SessionMessagesMax, MaxBytes = options.SessionBytesMax },
        };
        var made = await consumers.CreateAsync(wanted).ConfigureAwait(false);
        var began = made.State is { } state ? BeganOf(state.Spec) : null;
        var isPresent = made.Error == ErrorCode.AlreadyExists && saved.Head is { } owner && (began is null || began == owner.Began);
        if (made.Error == ErrorCode.AlreadyExists && made.State!.Spec is var spec && (spec.InactiveExpiry != wanted.InactiveExpiry || spec.Backlog != wanted.Backlog))
            made = await consumers.UpdateAsync(spec with { InactiveExpiry = wanted.InactiveExpiry, Backlog = wanted.Backlog }).ConfigureAwait(false);
        else if (made.Error == ErrorCode.AlreadyExists)
            made = made with { Error = ErrorCode.None };
        if (!made.Succeeded)
            return new SessionOpening(made.Error, OrphanedWill: orphan);
        head = head with { Began = began ?? saved.Head?.Began ?? head.Began };
        var change = Store.Change(head.Name, isPresent ? saved.HeadOffset : null).Put(head);
        if (!isPresent)
        {
            // The consumer's time was over: what is left of the session is over, too.
            orphan ??= saved.Will;
            Forget(change, saved, withHead: false);
            saved = new SavedSession();
        }
        else if (saved.Will is not null)
        {
            change.Remove(SessionPart.Will);
        }
        if (await Store.StoreAsync(change).ConfigureAwait(false) is var error and not ErrorCode.None)
            return new SessionOpening(error, OrphanedWill: orphan);
        // One that this connection began, and asks for again because it was not told so, is new to the client.
        return new SessionOpening(ErrorCode.None, head, saved, made.State, isPresent && head.Began != head.Epoch, orphan);
    }

    /// <summary>Null: made before consumers said so.</summary>
    private static long? BeganOf(ConsumerSpec spec) =>
        spec.Labels.TryGetValue(BeganLabel, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var began) ? began : null;

    private async ValueTask<ErrorCode> DiscardAsync(SessionName name, SavedSession saved)
    {
        var removed = await consumers.DeleteAsync(new ConsumerDelete { Consumer = name.Consumer }).ConfigureAwait(false);
        if (removed.Error is not (ErrorCode.None or ErrorCode.NotFound))
            return removed.Error;
        return saved.Head is null ? ErrorCode.None : await Store.StoreAsync(Forget(Store.Change(name, saved.HeadOffset), saved)).ConfigureAwait(false);
    }

    private static SessionChange Forget(SessionChange change, SavedSession saved, bool withHead = true)
    {
        if (withHead)
            change.Remove(SessionPart.Head);
        foreach (var subscription in saved.Subscriptions)
            change.Remove(SessionPart.Subscription, subscription.Id);
        if (saved.Unreleased.Count > 0)
            change.Remove(SessionPart.Unreleased);
        if (saved.Will is not null)
            change.Remove(SessionPart.Will);
        if (saved.Retained is not null)
            change.Remove(SessionPart.Retained);
        return change;
    }

    private async ValueTask ChangeExpiryAsync(SessionName name, uint expirySeconds)
    {
        var found = await consumers.GetAsync(name.Consumer).ConfigureAwait(false);
        if (found.Succeeded)
        {
            var expiry = expirySeconds == uint.MaxValue ? TimeSpan.Zero : TimeSpan.FromSeconds(expirySeconds);
            await consumers.UpdateAsync(found.State!.Spec with { InactiveExpiry = expiry }, found.State.Revision).ConfigureAwait(false);
        }
    }
}

/// <summary>What is to become of a will whose delay begins.</summary>
internal enum WillOutcome
{
    /// <summary>It is stored, and published when its delay or its session is over.</summary>
    Waits = 0,

    /// <summary>The client is back at its session (5.0 section 3.1.3.2.2).</summary>
    IsTakenBack = 1,

    /// <summary>Its session is over, or it cannot be stored: it is to be published now.</summary>
    IsDue = 2,
}

/// <summary>What became of a wish for a session.</summary>
/// <param name="Head">Null: there is none that outlives the connection.</param>
/// <param name="OrphanedWill">Of a session that has just ended: to be published now.</param>
internal sealed record SessionOpening(
    ErrorCode Error, SessionHead? Head = null, SavedSession? Saved = null, ConsumerState? Consumer = null, bool IsPresent = false, StoredWill? OrphanedWill = null);
