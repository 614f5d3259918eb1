using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>
/// What goes to one client. Many publishers write under its lock, straight into the transport's pipe; whoever wrote first since the last flush flushes at the end of its
/// own read batch.
/// </summary>
/// <remarks>
/// The pipe pauses at the connection's pending limit. From a flush that does not complete at once until it does the client is congested: messages at QoS 0 are dropped and
/// counted, those at QoS 1 and 2 wait in the backlog, as do those beyond the client's receive maximum. Answers are held back, and the client itself is not read meanwhile.
/// </remarks>
internal sealed class Outbound(PipeWriter writer, OutboundLimits limits)
{
    private readonly Lock _lock = new();
    private readonly Backlog _backlog = new(limits.QueuedMessagesMax, limits.QueuedBytesMax);
    private OutboundWindow _window = new(limits.InFlightMax);
    private MqttVersion _version;
    private long _packetBytesMax = long.MaxValue;
    private ArrayBufferWriter<byte>? _held;
    private Task? _congestion;
    private long _congestedSince;
    private TaskCompletionSource? _room;
    private AssignedAliases? _aliases;
    private readonly Backlog _storedBacklog = new(int.MaxValue, long.MaxValue);
    private StoredWindow? _stored;
    private SharedExchanges? _shared;
    private int _sendMax = limits.InFlightMax;
    private bool _isDirty;
    private bool _isClosed;

    /// <summary>Messages sent to this client.</summary>
    public long Messages { get; private set; }

    /// <summary>Bytes of their packets.</summary>
    public long Bytes { get; private set; }

    /// <summary>Messages that this client did not get because it was too slow.</summary>
    public long Dropped { get; private set; }

    /// <summary>Completes when the client takes bytes again; null while it does.</summary>
    public Task? Congestion => Volatile.Read(ref _congestion);

    /// <summary>Closed while the client took nothing: what lies in its socket will never be read.</summary>
    public bool WasStuck { get; private set; }

    /// <summary>Exchanges with the client that may be open at once.</summary>
    public int SendMax => _sendMax;

    /// <summary>The client takes topic aliases.</summary>
    public bool GivesAliases => _aliases is not null;

    /// <summary>Once, with CONNECT, before the first message.</summary>
    /// <param name="topicAliasMaximum">0: the client takes none.</param>
    /// <param name="hasStored">Messages come from a session, too, and have packet identifiers of their own.</param>
    public void Configure(MqttVersion version, int receiveMaximum, long packetBytesMax, int topicAliasMaximum, bool hasStored)
    {
        lock (_lock)
        {
            _version = version;
            _sendMax = Math.Min(receiveMaximum, limits.InFlightMax);
            _stored = hasStored ? new StoredWindow() : null;
            _window = new OutboundWindow(_sendMax, hasStored ? StoredWindow.Identifiers + 1 : 1);
            _packetBytesMax = packetBytesMax;
            // A packet that is left out for its size must not be the one that explains an alias.
            if (topicAliasMaximum > 0 && packetBytesMax > int.MaxValue)
                _aliases = new AssignedAliases(topicAliasMaximum);
        }
    }

    /// <summary>Whether all packets are short enough for the client.</summary>
    public bool Takes(ReadOnlySpan<RunMessage> messages)
    {
        if (_packetBytesMax > int.MaxValue)
            return true;
        foreach (ref readonly var message in messages)
        {
            if (message.PacketLength > _packetBytesMax)
                return false;
        }
        return true;
    }

    /// <summary>Writes packets at QoS 0 as they are.</summary>
    /// <returns>Messages written.</returns>
    public int DeliverCopies(ReadOnlySpan<byte> packets, int count, MqttConnection owner, FlushList flushList)
    {
        lock (_lock)
        {
            if (!TakesNow(count))
                return 0;
            writer.Write(packets);
            Count(count, packets.Length);
            if (_isDirty)
                return count;
            _isDirty = true;
        }
        flushList.Add(owner);
        return count;
    }

    /// <summary>Writes or queues a run.</summary>
    /// <returns>Messages written or queued.</returns>
    public int Deliver(WireForm form, MqttConnection owner, FlushList flushList)
    {
        int taken;
        lock (_lock)
        {
            taken = form.Qos > 0 ? SendAcknowledged(form) : form.LongestPacket <= _packetBytesMax ? SendAll(form) : SendFitting(form);
            if (taken == 0 || _isDirty || _congestion is not null)
                return taken;
            _isDirty = true;
        }
        flushList.Add(owner);
        return taken;
    }

    /// <summary>As <see cref="Deliver"/>, to a client that takes topic aliases.</summary>
    /// <param name="form">Scratch memory.</param>
    public int DeliverAliased(in PublishRun run, byte qos, bool retain, byte[] identifiers, WireForm form, MqttConnection owner, FlushList flushList)
    {
        lock (_lock)
        {
            var goesOutNow = !_isClosed && _congestion is null && (qos == 0 || (_backlog.Count == 0 && HasRoom));
            var alias = _aliases!.Of(run.Topic, goesOutNow, out var isNew);
            var taken = 0;
            if (isNew)
            {
                form.Encode(run.Only(0), isV5: true, qos, retain, identifiers, alias);
                taken = Deliver(form, owner, flushList);
                if (run.Messages.Length == 1)
                    return taken;
            }
            form.Encode(run.Part(taken, run.Messages.Length - taken), isV5: true, qos, retain, identifiers, alias, withTopic: alias == 0);
            return taken + Deliver(form, owner, flushList);
        }
    }

    /// <summary>
    /// Sends, or queues, a message that the client's session keeps until the client has it, and leaves the flush to the caller. What is queued is bounded by what the session asks
    /// storage for.
    /// </summary>
    /// <param name="idAt">Where the packet's identifier belongs.</param>
    public StoredOutcome DeliverStored(Span<byte> packet, int idAt, byte qos, in DeliveryId delivery, long sequence)
    {
        lock (_lock)
        {
            // It stays the session's, and comes again.
            if (_isClosed)
                return StoredOutcome.Known;
            if (packet.Length > _packetBytesMax)
                return StoredOutcome.Done;
            if (qos == 0)
            {
                if (TakesNow(1))
                {
                    writer.Write(packet);
                    Count(1, packet.Length);
                }
                return StoredOutcome.Done;
            }
            var outcome = _stored!.Begin(delivery, sequence, qos, isReceived: false, packet.Length, out var packetId);
            if (outcome != StoredOutcome.Begun)
                return outcome;
            BinaryPrimitives.WriteUInt16BigEndian(packet[idAt..], packetId);
            if (_congestion is null && _storedBacklog.Count == 0 && _window.Count + SentStored <= _sendMax)
            {
                writer.Write(packet);
                Count(1, packet.Length);
            }
            else
            {
                _storedBacklog.TryAdd(packet, idAt, qos);
            }
            return outcome;
        }
    }

    /// <summary>Sends, or queues, a message of a shared subscription's consumer, and leaves the flush to the caller. Bounded by what the member asks storage for.</summary>
    /// <returns>False where nothing is to be waited for: QoS 0, or too large for the client.</returns>
    public bool DeliverShared(Span<byte> packet, int idAt, byte qos, SharedMember member, in DeliveryId delivery)
    {
        lock (_lock)
        {
            // Given to another member when this one leaves.
            if (_isClosed)
                return true;
            if (packet.Length > _packetBytesMax)
                return false;
            if (qos == 0)
            {
                if (TakesNow(1))
                {
                    writer.Write(packet);
                    Count(1, packet.Length);
                }
                return false;
            }
            _shared ??= new SharedExchanges();
            if (_shared.IsOpen(member, delivery))
                return true;
            if (_congestion is null && !_shared.HasWaiting && HasRoom)
                _shared.Begin(Send(packet, idAt, qos), member, delivery);
            else
                _shared.Wait(packet, idAt, qos, member, delivery);
            return true;
        }
    }

    /// <summary>Goes on with a message that the client had received before this connection (PUBREC), and leaves the flush to the caller.</summary>
    public StoredOutcome ReleaseStored(in DeliveryId delivery, long sequence)
    {
        lock (_lock)
        {
            if (_isClosed)
                return StoredOutcome.Known;
            var outcome = _stored!.Begin(delivery, sequence, qos: 2, isReceived: true, bytes: 0, out var packetId);
            if (outcome == StoredOutcome.Begun)
                AckPacket.Write(Target, PacketType.PubRel, _version, packetId);
            return outcome;
        }
    }

    /// <summary>Takes an acknowledgement of a message of the client's session; what waited for room goes out, at the next flush.</summary>
    public StoredAck AcknowledgeStored(PacketType type, ushort packetId, ReasonCode reason, out StoredExchange exchange)
    {
        lock (_lock)
        {
            exchange = default;
            if (_isClosed)
                return StoredAck.Ignored;
            var outcome = _stored!.Acknowledge(type, packetId, reason, out exchange);
            if (outcome == StoredAck.Ended)
                DrainBacklog();
            else if (outcome == StoredAck.UnknownPubRec)
                AckPacket.Write(Target, PacketType.PubRel, _version, packetId, ReasonCode.PacketIdentifierNotFound);
            return outcome;
        }
    }

    /// <summary>What of the session's messages is under way, and how many more there may be before identifiers meet.</summary>
    public (int Count, long Bytes, long Reach) Stored(long lastSequence)
    {
        lock (_lock)
            return (_stored!.Count, _stored.Bytes, _stored.Reach(lastSequence));
    }

    /// <summary>Writes a packet of the protocol and leaves the flush to the caller.</summary>
    public void Write(ReadOnlySpan<byte> packet)
    {
        lock (_lock)
        {
            if (!_isClosed)
                Target.Write(packet);
        }
    }

    /// <summary>Writes PUBACKs, PUBRECs and PUBCOMPs and leaves the flush to the caller.</summary>
    public void WriteAcks(ReadOnlySpan<PublishAck> acks)
    {
        lock (_lock)
        {
            if (_isClosed)
                return;
            var target = Target;
            foreach (ref readonly var ack in acks)
                AckPacket.Write(target, ack.Type, _version, ack.PacketId, ack.Reason);
        }
    }

    /// <summary>Takes an acknowledgement of the client; what waited for room goes out, at the next flush.</summary>
    /// <returns>False where it is a protocol error.</returns>
    public bool Acknowledge(PacketType type, ushort packetId, ReasonCode reason)
    {
        lock (_lock)
        {
            if (_isClosed)
                return true;
            switch (_window.Acknowledge(type, packetId, reason))
            {
                case AckOutcome.Ended:
                    _shared?.End(packetId);
                    DrainBacklog();
                    break;
                case AckOutcome.Release:
                    _shared?.End(packetId);
                    AckPacket.Write(Target, PacketType.PubRel, _version, packetId);
                    break;
                case AckOutcome.UnknownPubRec:
                    AckPacket.Write(Target, PacketType.PubRel, _version, packetId, ReasonCode.PacketIdentifierNotFound);
                    break;
                case AckOutcome.Wrong:
                    return false;
            }
            return true;
        }
    }

    /// <summary>Sends what was written. Never waits.</summary>
    /// <returns>False where the client is congested.</returns>
    public bool Flush()
    {
        lock (_lock)
        {
            FlushCore();
            return _congestion is null;
        }
    }

    /// <summary>For publishers: completes when the client takes bytes again, or has not for too long.</summary>
    public async ValueTask WaitPatientlyAsync()
    {
        if (Congestion is not { } congestion)
            return;
        var left = limits.Patience - limits.Time.GetElapsedTime(Volatile.Read(ref _congestedSince));
        if (left <= TimeSpan.Zero)
            return;
        try
        {
            await congestion.WaitAsync(left, limits.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }

    /// <summary>For whoever has much to send: completes when at most half of the backlog is used and the client is not congested, or is gone.</summary>
    public Task WaitForRoomAsync()
    {
        lock (_lock)
        {
            if (_isClosed || (_congestion is null && _backlog.IsHalfEmpty))
                return Task.CompletedTask;
            return (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Nothing is written from here on.</summary>
    public void Close()
    {
        lock (_lock)
            CloseCore();
    }

    private IBufferWriter<byte> Target => _congestion is null ? writer : _held ??= new ArrayBufferWriter<byte>();

    /// <summary>At QoS 0.</summary>
    private bool TakesNow(int count)
    {
        if (_isClosed)
            return false;
        if (_congestion is null)
            return true;
        Dropped += count;
        return false;
    }

    private int SendAll(WireForm form)
    {
        if (!TakesNow(form.Packets.Length))
            return 0;
        writer.Write(form.Bytes);
        Count(form.Packets.Length, form.Bytes.Length);
        return form.Packets.Length;
    }

    /// <summary>A packet that is too large for the client is as if it had been sent (5.0 section 3.1.2.11.4).</summary>
    private int SendFitting(WireForm form)
    {
        if (!TakesNow(form.Packets.Length))
            return 0;
        foreach (ref readonly var place in form.Packets)
        {
            if (place.Length > _packetBytesMax)
                continue;
            writer.Write(form.Bytes.Slice(place.Start, place.Length));
            Count(1, place.Length);
        }
        return form.Packets.Length;
    }

    private int SendAcknowledged(WireForm form)
    {
        if (_isClosed)
            return 0;
        var taken = 0;
        foreach (ref readonly var place in form.Packets)
        {
            taken++;
            if (place.Length > _packetBytesMax)
                continue;
            var packet = form.Bytes.Slice(place.Start, place.Length);
            if (_congestion is null && _backlog.Count == 0 && HasRoom)
            {
                Send(packet, place.IdAt, form.Qos);
            }
            else if (!_backlog.TryAdd(packet, place.IdAt, form.Qos, place.Expires ? new PacketExpiry(NowMs + place.ExpirySeconds * 1000L, place.ExpiryAt) : default))
            {
                Dropped++;
                taken--;
            }
        }
        return taken;
    }

    private ushort Send(ReadOnlySpan<byte> packet, int idAt, byte qos)
    {
        var packetId = _window.Take(qos);
        var target = writer.GetSpan(packet.Length);
        packet.CopyTo(target);
        BinaryPrimitives.WriteUInt16BigEndian(target[idAt..], packetId);
        writer.Advance(packet.Length);
        Count(1, packet.Length);
        return packetId;
    }

    private long NowMs => limits.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private bool HasRoom => _window.HasRoom && _window.Count + SentStored < _sendMax;

    private int SentStored => _stored is null ? 0 : _stored.Count - _storedBacklog.Count;

    private void DrainBacklog()
    {
        while (_congestion is null && _storedBacklog.Count > 0 && _window.Count + SentStored < _sendMax)
        {
            var queued = _storedBacklog.Take();
            writer.Write(queued.Packet);
            Count(1, queued.Length);
            Backlog.Return(queued);
        }
        while (_congestion is null && _shared is { HasWaiting: true } shared && HasRoom)
        {
            var queued = shared.Take(out var member, out var delivery);
            shared.Begin(Send(queued.Packet, queued.IdAt, queued.Qos), member, delivery);
            Backlog.Return(queued);
        }
        while (_congestion is null && _backlog.Count > 0 && HasRoom)
        {
            var queued = _backlog.Take();
            if (!queued.Expires || queued.CountDown(NowMs))
                Send(queued.Packet, queued.IdAt, queued.Qos);
            Backlog.Return(queued);
        }
        if (_congestion is null && _backlog.IsHalfEmpty)
            SignalRoom();
    }

    private void SignalRoom()
    {
        _room?.SetResult();
        _room = null;
    }

    private void Count(int messages, long bytes)
    {
        Messages += messages;
        Bytes += bytes;
    }

    private void FlushCore()
    {
        _isDirty = false;
        if (_isClosed || _congestion is not null)
            return;
        var flush = writer.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            // Completed by the reading side: the socket is gone.
            if (flush.Result.IsCompleted)
                CloseCore();
            return;
        }
        _congestedSince = limits.Time.GetTimestamp();
        _congestion = EndCongestionAsync(flush);
    }

    private async Task EndCongestionAsync(ValueTask<FlushResult> flush)
    {
        // The lock's holder sets the task first.
        await Task.Yield();
        bool isGone;
        try
        {
            isGone = (await flush.ConfigureAwait(false)).IsCompleted;
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
        {
            isGone = true;
        }
        lock (_lock)
        {
            _congestion = null;
            if (isGone)
                CloseCore();
            if (_isClosed)
                return;
            if (_held is { WrittenCount: > 0 })
            {
                writer.Write(_held.WrittenSpan);
                _held = null;
            }
            DrainBacklog();
            FlushCore();
        }
    }

    private void CloseCore()
    {
        _isClosed = true;
        if (_congestion is not null)
        {
            // Whoever waits for the client waits no longer.
            WasStuck = true;
            writer.CancelPendingFlush();
        }
        _backlog.Clear();
        _storedBacklog.Clear();
        _shared?.Clear();
        SignalRoom();
    }
}
