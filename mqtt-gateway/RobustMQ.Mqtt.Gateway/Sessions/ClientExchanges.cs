using System.Buffers.Binary;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Mqtt.Gateway.Sessions;

/// <summary>
/// One client's messages at QoS 1 and 2: those under way, wherever they come from, which together stay within the client's receive maximum, and those that wait until it has room and
/// takes bytes. Guarded by <see cref="Outbound"/>, and there from the first such message on.
/// </summary>
/// <param name="sendMax">Exchanges that may be open at once.</param>
/// <param name="hasStored">Messages come from a session, too, and have packet identifiers of their own.</param>
internal sealed class ClientExchanges(ClientPipe pipe, OutboundLimits limits, MqttVersion version, int sendMax, bool hasStored)
{
    private readonly OutboundWindow _window = new(sendMax, hasStored ? RetainedWindow.LastId + 1 : 1);
    private readonly Backlog _backlog = new(limits.QueuedMessagesMax, limits.QueuedBytesMax);
    private readonly StoredWindow _stored = new();
    private readonly Backlog _storedBacklog = new(int.MaxValue, long.MaxValue);
    private SharedExchanges? _shared;
    private RetainedWindow? _retained;
    private TaskCompletionSource? _room;
    private TaskCompletionSource<int>? _retainedRoom;
    private int _retainedWanted;

    /// <summary>The next live message goes out at once.</summary>
    public bool IsFree => pipe.IsOpen && _backlog.Count == 0 && HasRoom;

    /// <summary>Sends or queues a run of live messages.</summary>
    /// <returns>Messages sent or queued.</returns>
    public int Send(WireForm form, long packetBytesMax)
    {
        var taken = 0;
        foreach (ref readonly var place in form.Packets)
        {
            taken++;
            if (place.Length > packetBytesMax)
                continue;
            var packet = form.Bytes.Slice(place.Start, place.Length);
            if (IsFree)
            {
                pipe.Send(packet, place.IdAt, _window.Take(form.Qos));
            }
            else if (!_backlog.TryAdd(packet, place.IdAt, form.Qos, place.Expires ? new PacketExpiry(NowMs + place.ExpirySeconds * 1000L, place.ExpiryAt) : default))
            {
                pipe.Drop(1);
                taken--;
            }
        }
        return taken;
    }

    /// <summary>Takes an acknowledgement of a live message, or of a shared subscription's.</summary>
    /// <returns>False where it is a protocol error.</returns>
    public bool Acknowledge(PacketType type, ushort packetId, ReasonCode reason)
    {
        switch (_window.Acknowledge(type, packetId, reason))
        {
            case AckOutcome.Ended:
                _shared?.End(packetId);
                Drain();
                break;
            case AckOutcome.Release:
                _shared?.End(packetId);
                Answer(PacketType.PubRel, packetId);
                break;
            case AckOutcome.UnknownPubRec:
                Answer(PacketType.PubRel, packetId, ReasonCode.PacketIdentifierNotFound);
                break;
            case AckOutcome.Wrong:
                return false;
        }
        return true;
    }

    /// <summary>Sends, or queues, a message that the client's session keeps. What is queued is bounded by what the session asks storage for.</summary>
    public StoredOutcome SendStored(Span<byte> packet, int idAt, byte qos, in DeliveryId delivery, long sequence)
    {
        var outcome = _stored.Begin(delivery, sequence, qos, isReceived: false, packet.Length, out var packetId);
        if (outcome != StoredOutcome.Begun)
            return outcome;
        BinaryPrimitives.WriteUInt16BigEndian(packet[idAt..], packetId);
        if (pipe.IsOpen && _storedBacklog.Count == 0 && Open <= sendMax)
            pipe.Send(packet, 1);
        else
            _storedBacklog.TryAdd(packet, idAt, qos);
        return outcome;
    }

    /// <summary>Goes on with a message that the client had received before this connection (PUBREC).</summary>
    public StoredOutcome ReleaseStored(in DeliveryId delivery, long sequence)
    {
        var outcome = _stored.Begin(delivery, sequence, qos: 2, isReceived: true, bytes: 0, out var packetId);
        if (outcome == StoredOutcome.Begun)
            Answer(PacketType.PubRel, packetId);
        return outcome;
    }

    public StoredAck AcknowledgeStored(PacketType type, ushort packetId, ReasonCode reason, out StoredExchange exchange) =>
        Follow(_stored.Acknowledge(type, packetId, reason, out exchange), packetId);

    /// <summary>What of the session's messages is under way, and how many more there may be before identifiers meet.</summary>
    public (int Count, long Bytes, long Reach) Stored(long lastSequence) => (_stored.Count, _stored.Bytes, _stored.Reach(lastSequence));

    /// <summary>Sends, or queues, a message of a shared subscription's consumer. Bounded by what the member asks storage for.</summary>
    public void SendShared(ReadOnlySpan<byte> packet, int idAt, byte qos, SharedMember member, in DeliveryId delivery)
    {
        _shared ??= new SharedExchanges();
        if (_shared.IsOpen(member, delivery))
            return;
        if (pipe.IsOpen && !_shared.HasWaiting && HasRoom)
            BeginShared(packet, idAt, qos, member, delivery);
        else
            _shared.Wait(packet, idAt, qos, member, delivery);
    }

    /// <summary>Retained messages that were under way at an earlier connection of the session, in their order.</summary>
    public void RestoreRetained(IReadOnlyList<RetainedExchange> exchanges)
    {
        _retained ??= new RetainedWindow();
        foreach (var exchange in exchanges)
            _retained.Restore(exchange);
    }

    /// <summary>Begins an exchange for a retained message; <see cref="SendRetained"/> follows when that is stored.</summary>
    public ushort BeginRetained(Offset offset, int subscriptionId, byte qos) => (_retained ??= new RetainedWindow()).Begin(offset, subscriptionId, qos);

    public void SendRetained(ushort packetId, ReadOnlySpan<byte> packet, int idAt)
    {
        // As many as there is room for, and few: they need not wait for a client that is slow.
        if (!_retained!.TrySend(packetId))
            return;
        if (pipe.IsOpen)
            pipe.Send(packet, idAt, packetId);
        else
            pipe.Answer(packet, idAt, packetId);
    }

    /// <summary>PUBREL: the client has the message, and that is stored.</summary>
    public void ReleaseRetained(ushort packetId)
    {
        if (_retained!.TrySend(packetId))
            Answer(PacketType.PubRel, packetId);
    }

    /// <summary>There is no such message any more.</summary>
    public void ForgetRetained(ushort packetId)
    {
        _retained!.Forget(packetId);
        Drain();
    }

    public StoredAck AcknowledgeRetained(PacketType type, ushort packetId, ReasonCode reason) =>
        Follow(_retained?.Acknowledge(type, packetId, reason) ?? (type == PacketType.PubRec ? StoredAck.UnknownPubRec : StoredAck.Ignored), packetId);

    public int RetainedCount => _retained?.Count ?? 0;

    /// <summary>Retained messages that are not through, in their order.</summary>
    public IReadOnlyList<RetainedExchange> Retained => _retained?.All ?? [];

    /// <summary>Completes with how many retained messages there is room for when that is as many as wanted; with 0 when the client is gone.</summary>
    public Task<int> WaitForRetainedRoomAsync(int wanted)
    {
        if (RetainedRoom is var room && room >= wanted)
            return Task.FromResult(room);
        _retainedWanted = wanted;
        _retainedRoom = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        return _retainedRoom.Task;
    }

    /// <summary>Completes when at most half of the backlog is used and the client is not congested, or is gone.</summary>
    public Task WaitForRoomAsync() => pipe.IsOpen && _backlog.IsHalfEmpty
        ? Task.CompletedTask
        : (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Sends what has waited, as far as the client has room by now.</summary>
    public void Drain()
    {
        while (pipe.IsOpen && _storedBacklog.Count > 0 && Open < sendMax)
        {
            var queued = _storedBacklog.Take();
            pipe.Send(queued.Packet, 1);
            Backlog.Return(queued);
        }
        while (pipe.IsOpen && _shared is { HasWaiting: true } shared && HasRoom)
        {
            var queued = shared.Take(out var member, out var delivery);
            BeginShared(queued.Packet, queued.IdAt, queued.Qos, member, delivery);
            Backlog.Return(queued);
        }
        while (pipe.IsOpen && _backlog.Count > 0 && HasRoom)
        {
            var queued = _backlog.Take();
            if (!queued.Expires || queued.CountDown(NowMs))
                pipe.Send(queued.Packet, queued.IdAt, _window.Take(queued.Qos));
            Backlog.Return(queued);
        }
        if (pipe.IsOpen && _backlog.IsHalfEmpty)
            SignalRoom();
        if (_retainedRoom is not null && RetainedRoom is var room && room >= _retainedWanted)
            SignalRetainedRoom(room);
    }

    public void Close()
    {
        _backlog.Clear();
        _storedBacklog.Clear();
        _shared?.Clear();
        SignalRoom();
        SignalRetainedRoom(0);
    }

    private long NowMs => limits.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Sent and not through.</summary>
    private int Open => _window.Count + _stored.Count - _storedBacklog.Count + (_retained?.Sent ?? 0);

    private bool HasRoom => _window.HasRoom && Open < sendMax;

    private int RetainedRoom => pipe.IsOpen && _storedBacklog.Count == 0 && _backlog.Count == 0 ? Math.Min(sendMax - Open, _retained?.Room ?? RetainedWindow.Identifiers) : 0;

    private void BeginShared(ReadOnlySpan<byte> packet, int idAt, byte qos, SharedMember member, in DeliveryId delivery)
    {
        var packetId = _window.Take(qos);
        pipe.Send(packet, idAt, packetId);
        _shared!.Begin(packetId, member, delivery);
    }

    private StoredAck Follow(StoredAck outcome, ushort packetId)
    {
        if (outcome == StoredAck.Ended)
            Drain();
        else if (outcome == StoredAck.UnknownPubRec)
            Answer(PacketType.PubRel, packetId, ReasonCode.PacketIdentifierNotFound);
        return outcome;
    }

    private void Answer(PacketType type, ushort packetId, ReasonCode reason = ReasonCode.Success) => pipe.Answer(type, version, packetId, reason);

    private void SignalRoom()
    {
        _room?.SetResult();
        _room = null;
    }

    private void SignalRetainedRoom(int room)
    {
        _retainedRoom?.SetResult(room);
        _retainedRoom = null;
    }
}
