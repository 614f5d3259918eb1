using System.Buffers.Binary;
using System.Buffers.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>What is to be stored for one session in one step. Not thread-safe; whoever stores it disposes it.</summary>
internal sealed class SessionChange(SessionName name, long nowMs) : IDisposable
{
    /// <summary>Records that say that something is gone stay until every gateway has read them.</summary>
    private const long GoneForMs = 24 * 3600 * 1000L;

    private readonly RecordHeadersBuilder _headers = new();

    public SessionName Name { get; } = name;

    public RecordBatchBuilder Builder { get; } = new();

    /// <summary>The last record of the first key must be at this offset, or nothing is stored.</summary>
    public Offset? Expected { get; init; }

    public bool IsEmpty => Builder.IsEmpty;

    public SessionChange Put(SessionHead head) => Put(SessionPart.Head, 0, head.Encode());

    public SessionChange Put(StoredSubscription subscription) => Put(SessionPart.Subscription, subscription.Id, subscription.Encode());

    public SessionChange Put(StoredWill will) => Put(SessionPart.Will, 0, will.Encode());

    /// <summary>None: the record goes.</summary>
    public SessionChange Put(StoredRetained retained) => retained.IsEmpty ? Remove(SessionPart.Retained) : Put(SessionPart.Retained, 0, retained.Encode());

    /// <summary>None: the record goes.</summary>
    public SessionChange PutUnreleased(IReadOnlyCollection<ushort> packetIds)
    {
        var bytes = new byte[2 * packetIds.Count];
        var at = 0;
        foreach (var id in packetIds)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), id);
            at += 2;
        }
        return bytes.Length == 0 ? Remove(SessionPart.Unreleased) : Put(SessionPart.Unreleased, 0, bytes);
    }

    public SessionChange Remove(SessionPart part, int id = 0)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(nowMs + GoneForMs, text, out var length);
        _headers.Clear();
        _headers.Add(RecordHeaderNames.ExpiresAt, text[..length]);
        Builder.Append(nowMs, RecordAttributes.KeyIsSubject, SessionKey.Of(Name, part, id), default, _headers);
        return this;
    }

    public void Dispose() => Builder.Dispose();

    private SessionChange Put(SessionPart part, int id, byte[] value)
    {
        Builder.Append(nowMs, RecordAttributes.KeyIsSubject, SessionKey.Of(Name, part, id), value);
        return this;
    }
}
