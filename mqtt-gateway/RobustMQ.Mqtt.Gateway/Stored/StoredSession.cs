using System.Text;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Live;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// The session of a connected client that outlives its connection. Its consumer at the storage-node keeps what waits and what is in flight; this is the consumer's one member, which
/// writes records to the client and answers them as the client does. Deliveries come on any thread, one at a time; acknowledgements come from the connection's reader.
/// </summary>
internal sealed class StoredSession : IConsumerReceiver
{
    /// <summary>Name of the one member: a newer connection takes its place, by its epoch.</summary>
    private const string MemberName = "client";

    /// <summary>Kept with a record that the client has received (PUBREC) and that waits for its release only.</summary>
    private const long ReceivedNote = 1;

    /// <summary>A storage-node that is away must not hold up the end of a connection.</summary>
    private static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(5);

    private readonly MqttGatewayState _gateway;
    private readonly MqttConnection _connection;
    private readonly Lock _lock = new();
    private readonly SessionCredit _credit = new();
    private readonly RecordRun _run = new();
    private readonly WireForm _form = new();
    private readonly List<ushort> _toRelease = [];
    private Task _releasing = Task.CompletedTask;
    private IConsumerMembership? _membership;
    private long _lastSequence;
    private bool _hasEnded;
    private bool _hasJoined;

    public StoredSession(MqttGatewayState gateway, MqttConnection connection, SessionHead head, SavedSession saved, bool isPresent)
    {
        _gateway = gateway;
        _connection = connection;
        Head = head;
        IsPresent = isPresent;
        Saved = saved;
        Subscriptions = new SessionSubscriptions(connection);
        Filters = new SessionFilters(gateway, this);
        Retained = new SessionRetained(gateway, connection, this);
        ClientId = Encoding.UTF8.GetBytes(head.Name.ClientId);
    }

    public SessionHead Head { get; }

    /// <summary>The client's identifier.</summary>
    public byte[] ClientId { get; }

    public SessionName Name => Head.Name;

    /// <summary>The client was told that its session is there.</summary>
    public bool IsPresent { get; }

    /// <summary>As the session was found.</summary>
    public SavedSession Saved { get; }

    public SessionSubscriptions Subscriptions { get; }

    public SessionFilters Filters { get; }

    /// <summary>Retained messages for new subscriptions.</summary>
    public SessionRetained Retained { get; }

    /// <summary>Begins to deliver. The client has its CONNACK.</summary>
    public void Start()
    {
        _membership = _gateway.Consumers.Join(new ConsumerJoin { Consumer = Name.Consumer, Member = MemberName, MemberEpoch = Head.Epoch }, this);
        TopUp();
    }

    /// <summary>Takes a PUBACK, PUBREC or PUBCOMP. The connection's reader only.</summary>
    /// <returns>False where it is a protocol error.</returns>
    public bool Acknowledge(PacketType type, ushort packetId, ReasonCode reason)
    {
        switch (_connection.Outbound.AcknowledgeStored(type, packetId, reason, out var exchange))
        {
            case StoredAck.Ended:
                _membership!.Acknowledge(new Acknowledgement(exchange.Delivery));
                _hasEnded = true;
                return true;
            case StoredAck.Received:
                _membership!.Acknowledge(new Acknowledgement(exchange.Delivery, AckKind.Progress) { Note = ReceivedNote });
                _toRelease.Add(packetId);
                return true;
            default:
                return true;
            case StoredAck.Wrong:
                return false;
        }
    }

    /// <summary>Stores which publishes of the client at QoS 2 are not released, so that a repeat is known after this connection.</summary>
    public async ValueTask<ErrorCode> SaveUnreleasedAsync(IReadOnlyCollection<ushort> packetIds) =>
        await _gateway.Sessions.Store.StoreAsync(_gateway.Sessions.Store.Change(Name).PutUnreleased(packetIds)).ConfigureAwait(false);

    /// <summary>A read of the client's socket is through. The connection's reader only.</summary>
    public void EndRead()
    {
        Retained.EndRead();
        if (_toRelease.Count > 0)
        {
            _releasing = ReleaseAsync(_releasing, [.. _toRelease]);
            _toRelease.Clear();
        }
        if (!_hasEnded)
            return;
        _hasEnded = false;
        TopUp();
    }

    /// <summary>The connection has ended: the session stays, or goes, as the client was told.</summary>
    /// <param name="expirySeconds">As last agreed on.</param>
    public async ValueTask EndAsync(CloseReason reason, uint expirySeconds)
    {
        if (_membership is { } membership)
        {
            try
            {
                await membership.DisposeAsync().AsTask().WaitAsync(LeaveMax, _gateway.Time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
            }
        }
        // Whoever took it over says what becomes of it.
        if (reason == CloseReason.TakenOver)
            return;
        await Retained.EndAsync().ConfigureAwait(false);
        await _gateway.Sessions.DetachAsync(Head, expirySeconds).ConfigureAwait(false);
    }

    void IConsumerReceiver.OnJoined(in MemberJoined joined)
    {
        lock (_lock)
        {
            if (_hasJoined)
                _credit.Restored(_connection.Outbound.Stored(_lastSequence).Count);
            _hasJoined = true;
        }
    }

    void IConsumerReceiver.OnActive(bool isActive)
    {
    }

    void IConsumerReceiver.OnDeliveries(in Deliveries deliveries)
    {
        var nowMs = _gateway.NowMs;
        var reader = new DeliveryReader(deliveries);
        try
        {
            while (reader.MoveNext())
                Deliver(reader.Current, reader.Mark, reader.Id, nowMs);
        }
        finally
        {
            reader.Dispose();
        }
        _connection.Outbound.Flush();
        TopUp();
    }

    void IConsumerReceiver.OnLeft(ErrorCode reason)
    {
        // While the storage-node is away nothing comes; the membership joins again by itself.
        if (reason != ErrorCode.Unavailable)
            _connection.Close(reason is ErrorCode.Fenced or ErrorCode.LeaseHeld ? CloseReason.TakenOver : CloseReason.StorageUnavailable);
    }

    private void Deliver(in Record record, in DeliveryMark mark, in DeliveryId id, long nowMs)
    {
        lock (_lock)
        {
            _credit.Came(record.Key.Length + record.Value.Length);
            _lastSequence = Math.Max(_lastSequence, mark.Sequence);
        }
        var outcome = mark.Note == ReceivedNote
            ? _connection.Outbound.ReleaseStored(id, mark.Sequence)
            : TryEncode(record, id, mark.DeliveryCount > 1, nowMs, out var qos)
                ? _connection.Outbound.DeliverStored(_form.FirstPacket, _form.Packets[0].IdAt, qos, id, mark.Sequence)
                : StoredOutcome.Done;
        if (outcome == StoredOutcome.Done)
            _membership?.Acknowledge(new Acknowledgement(id));
        else if (outcome == StoredOutcome.Collides)
            _connection.Close(CloseReason.StorageUnavailable);
    }

    /// <returns>False where the client gets nothing of the record.</returns>
    private bool TryEncode(in Record record, in DeliveryId id, bool isRepeated, long nowMs, out byte qos)
    {
        qos = 0;
        var subject = record.KeyIsSubject ? record.Key : Encoding.UTF8.GetBytes(id.Log.Topic.Value);
        var receiver = Subscriptions.Find(subject);
        if (receiver is not null && IsOwn(record))
            receiver = receiver.ForOwn;
        // What was sent before is completed, also when the client has unsubscribed since (5.0 section 3.10.4), unless the user may not have it any more.
        if (receiver is null && (!isRepeated || !_connection.MayReceiveAgain(subject)))
            return false;
        if (receiver is { ChecksDeliveries: true } && !_connection.MayReceive(subject))
            return false;
        if (!_run.Begin(subject))
            return false;
        _run.TryAdd(record, nowMs);
        if (_run.IsEmpty)
            return false;
        var run = _run.Run;
        qos = Math.Min(run.Qos, receiver?.Qos ?? 2);
        var isV5 = _connection.Version == MqttVersion.V5;
        _form.Encode(run, isV5, qos, run.Retain && receiver is { RetainAsPublished: true }, isV5 && receiver is not null ? receiver.Identifiers : []);
        if (isRepeated && qos > 0)
            _form.FirstPacket[0] |= Protocol.Packets.PublishFlags.Dup;
        return true;
    }

    private bool IsOwn(in Record record) =>
        record.Headers.Count > 0 && record.Headers.TryGet(RecordHeaderNames.MqttClient, out var publisher) && publisher.SequenceEqual(ClientId);

    /// <summary>PUBREL goes out when it is stored that the client has the message: it is never sent to it as a new one (5.0 section 4.3.3).</summary>
    private async Task ReleaseAsync(Task previous, ushort[] packetIds)
    {
        await previous.ConfigureAwait(false);
        if (await _membership!.SyncAsync().ConfigureAwait(false) is not ErrorCode.None)
        {
            _connection.Close(CloseReason.StorageUnavailable);
            return;
        }
        var releases = new PublishAck[packetIds.Length];
        for (var at = 0; at < packetIds.Length; at++)
            releases[at] = new PublishAck(PacketType.PubRel, packetIds[at]);
        _connection.Outbound.WriteAcks(releases);
        _connection.Outbound.Flush();
    }

    private void TopUp()
    {
        if (_membership is not { } membership)
            return;
        lock (_lock)
        {
            var (open, bytes, reach) = _connection.Outbound.Stored(_lastSequence);
            var more = _credit.Next(Math.Min(_connection.Outbound.SendMax - open, reach), open, bytes);
            if (more > 0)
                membership.AddCredit(more);
        }
    }
}
