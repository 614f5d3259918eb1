using System.Buffers.Binary;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// The topic of sessions: one internal topic for all namespaces, with one record for each thing that a session consists of. What a session waits for and has in flight is not here:
/// that is its consumer's. Thread-safe.
/// </summary>
internal sealed class SessionStore(ILogClient logs, ITopicClient topics, TimeProvider time)
{
    private static readonly TopicName Topic = TopicName.Parse("_mqtt-sessions");

    private const int PageBytes = 1 << 20;

    public static TopicPartition Log { get; } = new(Namespace.Default, Topic, 0);

    public SessionChange Change(SessionName name, Offset? expected = null) => new(name, time.GetUtcNow().ToUnixTimeMilliseconds()) { Expected = expected };

    /// <summary>Creates the topic where it is not there yet.</summary>
    public async ValueTask<ErrorCode> EnsureAsync(CancellationToken cancellationToken)
    {
        var result = await topics.CreateAsync(
            new TopicSpec { Namespace = Namespace.Default, Name = Topic, Engine = EngineKind.RocksDb, Retention = new Retention { MaxRecordsPerKey = 1 } },
            cancellationToken).ConfigureAwait(false);
        return result.Error == ErrorCode.AlreadyExists ? ErrorCode.None : result.Error;
    }

    /// <summary>Stores a change, on the device. <see cref="ErrorCode.OffsetMismatch"/>: what it expected is not so.</summary>
    public async ValueTask<ErrorCode> StoreAsync(SessionChange change)
    {
        using (change)
        {
            if (change.IsEmpty)
                return ErrorCode.None;
            var result = await logs.AppendAsync(new AppendRequest
            {
                Log = Log,
                Batch = change.Builder.Build(),
                IsOwnEncoding = true,
                Durability = Durability.Durable,
                Conditions = change.Expected is { } offset ? new AppendConditions { ExpectedLastOffsetForKey = offset } : null,
            }).ConfigureAwait(false);
            return result.Error;
        }
    }

    /// <summary>Where the topic ends now; null: storage did not say.</summary>
    public async ValueTask<Offset?> EndAsync(CancellationToken cancellationToken)
    {
        var offsets = await logs.OffsetsAsync(Log, cancellationToken: cancellationToken).ConfigureAwait(false);
        return offsets.Error == ErrorCode.None ? offsets.End : null;
    }

    /// <summary>The next records, in order. The caller disposes the result.</summary>
    public ValueTask<ReadResult> FollowAsync(Offset? from, TimeSpan wait, CancellationToken cancellationToken) => logs.ReadAsync(
        new ReadRequest { Log = Log, Start = from is null ? ReadStart.First : ReadStart.Offset, Offset = from ?? Offset.Zero, MaxBytes = PageBytes, MaxWait = wait },
        cancellationToken);

    /// <summary>Everything of one session.</summary>
    public async ValueTask<(ErrorCode Error, SavedSession Session)> ReadAsync(SessionName name)
    {
        var session = new SavedSession();
        // Of this form, and in the log's order, it is found by the topic's index, however many sessions there are.
        var filter = SubjectFilter.Parse($"{name.Hash}.>");
        Offset? from = null;
        while (true)
        {
            using var page = await logs.ReadAsync(
                new ReadRequest
                {
                    Log = Log,
                    Start = from is null ? ReadStart.First : ReadStart.Offset,
                    Offset = from ?? Offset.Zero,
                    Filters = [filter],
                    MaxBytes = PageBytes,
                }).ConfigureAwait(false);
            // The first page, too: the topic's first record may go while it is looked for.
            if (page.Error == ErrorCode.OffsetOutOfRange && (from ?? Offset.None) < page.LogStartOffset)
            {
                // Everything up to there has been replaced meanwhile.
                from = page.LogStartOffset;
                continue;
            }
            if (!page.Succeeded)
                return (page.Error, session);
            Take(page.Batches, session);
            from = page.NextOffset;
            if (from >= page.LogEndOffset)
                return (ErrorCode.None, session);
        }
    }

    private static void Take(ReadOnlyMemory<byte> batches, SavedSession session)
    {
        var walker = new BatchReader(batches);
        while (walker.MoveNext())
        {
            var reader = new RecordReader(walker.Current.Span);
            while (reader.MoveNext())
                Take(reader.Current, session);
        }
    }

    /// <summary>A later record of a key takes the place of an earlier one; one without a value says that there is nothing any more.</summary>
    private static void Take(in Record record, SavedSession session)
    {
        if (!SessionKey.TryRead(record.Key, out _, out var part, out var id))
            return;
        switch (part)
        {
            case SessionPart.Head:
                session.HeadOffset = record.Offset;
                session.Head = SessionHead.TryRead(record.Value, out var head) ? head : null;
                break;
            case SessionPart.Subscription:
                session.Subscriptions.RemoveAll(present => present.Id == id);
                if (StoredSubscription.TryRead(id, record.Value, out var subscription))
                    session.Subscriptions.Add(subscription);
                break;
            case SessionPart.Will:
                session.Will = StoredWill.TryRead(record.Value, out var will) ? will : null;
                break;
            case SessionPart.Retained:
                session.Retained = StoredRetained.TryRead(record.Value, out var retained) ? retained : null;
                break;
            case SessionPart.Unreleased:
                session.Unreleased.Clear();
                for (var at = 0; at + 1 < record.Value.Length; at += 2)
                    session.Unreleased.Add(BinaryPrimitives.ReadUInt16BigEndian(record.Value[at..]));
                break;
        }
    }
}
