using System.IO.Pipelines;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>
/// What goes to one client. Many publishers write under its lock, straight into the transport's pipe; whoever wrote first since the last flush flushes at the end of its
/// own read batch.
/// </summary>
/// <remarks>
/// The pipe pauses at the connection's pending limit. From a flush that does not complete at once until it does the client is congested: messages at QoS 0 are dropped and
/// counted, those at QoS 1 and 2 wait in their backlog, as do those beyond the client's receive maximum. Answers are held back, and the client itself is not read meanwhile.
/// </remarks>
internal sealed class Outbound(PipeWriter writer, OutboundLimits limits)
{
    private readonly Lock _lock = new();
    private readonly ClientPipe _pipe = new(writer);
    private ClientExchanges? _exchanges;
    private AssignedAliases? _aliases;
    private MqttVersion _version;
    private bool _hasStored;
    private bool _isDirty;
    private int _sendMax = limits.InFlightMax;
    private long _packetBytesMax = long.MaxValue;
    private long _congestedSince;

    /// <summary>Messages sent to this client.</summary>
    public long Messages => _pipe.Messages;

    /// <summary>Bytes of their packets.</summary>
    public long Bytes => _pipe.Bytes;

    /// <summary>Packets of any type.</summary>
    public long Packets => _pipe.Messages + _pipe.Answers;

    /// <summary>Bytes of packets of any type.</summary>
    public long PacketBytes => _pipe.Bytes + _pipe.AnswerBytes;

    /// <summary>Messages that this client did not get because it was too slow.</summary>
    public long Dropped => _pipe.Dropped;

    /// <summary>Completes when the client takes bytes again; null while it does.</summary>
    public Task? Congestion => _pipe.Congestion;

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
            _hasStored = hasStored;
            _packetBytesMax = packetBytesMax;
            // A packet that is left out for its size must not be the one that explains an alias.
            if (topicAliasMaximum > 0 && packetBytesMax > int.MaxValue)
                _aliases = new AssignedAliases(topicAliasMaximum);
        }
    }

    /// <summary>Whether a packet is short enough for the client.</summary>
    public bool Takes(int packetLength) => packetLength <= _packetBytesMax;

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
            _pipe.Send(packets, count);
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
            if (taken == 0 || _isDirty || Congestion is not null)
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
            var goesOutNow = qos == 0 ? _pipe.IsOpen : Exchanges.IsFree;
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
            if (_pipe.IsClosed)
                return StoredOutcome.Known;
            if (packet.Length <= _packetBytesMax && qos > 0)
                return Exchanges.SendStored(packet, idAt, qos, delivery, sequence);
            SendOnce(packet, qos);
            return StoredOutcome.Done;
        }
    }

    /// <summary>Sends, or queues, a message of a shared subscription's consumer, and leaves the flush to the caller. Bounded by what the member asks storage for.</summary>
    /// <returns>False where nothing is to be waited for: QoS 0, or too large for the client.</returns>
    public bool DeliverShared(Span<byte> packet, int idAt, byte qos, SharedMember member, in DeliveryId delivery)
    {
        lock (_lock)
        {
            // Given to another member when this one leaves.
            if (_pipe.IsClosed)
                return true;
            if (packet.Length <= _packetBytesMax && qos > 0)
            {
                Exchanges.SendShared(packet, idAt, qos, member, delivery);
                return true;
            }
            SendOnce(packet, qos);
            return false;
        }
    }

    /// <summary>Goes on with a message that the client had received before this connection (PUBREC), and leaves the flush to the caller.</summary>
    public StoredOutcome ReleaseStored(in DeliveryId delivery, long sequence)
    {
        lock (_lock)
            return _pipe.IsClosed ? StoredOutcome.Known : Exchanges.ReleaseStored(delivery, sequence);
    }

    /// <summary>Takes an acknowledgement of a message of the client's session; what waited for room goes out, at the next flush.</summary>
    public StoredAck AcknowledgeStored(PacketType type, ushort packetId, ReasonCode reason, out StoredExchange exchange)
    {
        lock (_lock)
        {
            exchange = default;
            return _pipe.IsClosed ? StoredAck.Ignored : Exchanges.AcknowledgeStored(type, packetId, reason, out exchange);
        }
    }

    /// <summary>What of the session's messages is under way, and how many more there may be before identifiers meet.</summary>
    public (int Count, long Bytes, long Reach) Stored(long lastSequence)
    {
        lock (_lock)
            return Exchanges.Stored(lastSequence);
    }

    /// <summary>Retained messages that were under way at an earlier connection of the session, in their order. They are sent again one by one.</summary>
    public void RestoreRetained(IReadOnlyList<RetainedExchange> exchanges)
    {
        lock (_lock)
            Exchanges.RestoreRetained(exchanges);
    }

    /// <summary>Completes with how many retained messages of the session there is room for when that is as many as wanted; with 0 when the client is gone. One waits at a time.</summary>
    public Task<int> WaitForRetainedRoomAsync(int wanted)
    {
        lock (_lock)
            return _pipe.IsClosed ? Task.FromResult(0) : Exchanges.WaitForRetainedRoomAsync(wanted);
    }

    /// <summary>A retained message of the session is about to be sent: that is to be stored first.</summary>
    public ushort BeginRetained(Offset offset, int subscriptionId, byte qos)
    {
        lock (_lock)
            return Exchanges.BeginRetained(offset, subscriptionId, qos);
    }

    /// <summary>Leaves the flush to the caller, as those that follow do.</summary>
    public void SendRetained(ushort packetId, ReadOnlySpan<byte> packet, int idAt)
    {
        lock (_lock)
        {
            if (!_pipe.IsClosed)
                Exchanges.SendRetained(packetId, packet, idAt);
        }
    }

    public void ReleaseRetained(ushort packetId)
    {
        lock (_lock)
        {
            if (!_pipe.IsClosed)
                Exchanges.ReleaseRetained(packetId);
        }
    }

    /// <summary>There is no such message any more.</summary>
    public void ForgetRetained(ushort packetId)
    {
        lock (_lock)
            Exchanges.ForgetRetained(packetId);
    }

    public StoredAck AcknowledgeRetained(PacketType type, ushort packetId, ReasonCode reason)
    {
        lock (_lock)
            return _pipe.IsClosed ? StoredAck.Ignored : Exchanges.AcknowledgeRetained(type, packetId, reason);
    }

    /// <summary>How many retained messages of the session are not through.</summary>
    public int RetainedCount
    {
        get
        {
            lock (_lock)
                return Exchanges.RetainedCount;
        }
    }

    /// <summary>Retained messages of the session that are not through, in their order.</summary>
    public IReadOnlyList<RetainedExchange> Retained
    {
        get
        {
            lock (_lock)
                return Exchanges.Retained;
        }
    }

    /// <summary>Writes a packet of the protocol and leaves the flush to the caller.</summary>
    public void Write(ReadOnlySpan<byte> packet)
    {
        lock (_lock)
        {
            if (!_pipe.IsClosed)
                _pipe.Answer(packet);
        }
    }

    /// <summary>Writes PUBACKs, PUBRECs and PUBCOMPs and leaves the flush to the caller.</summary>
    public void WriteAcks(ReadOnlySpan<PublishAck> acks)
    {
        lock (_lock)
        {
            if (_pipe.IsClosed)
                return;
            foreach (ref readonly var ack in acks)
                _pipe.Answer(ack.Type, _version, ack.PacketId, ack.Reason);
        }
    }

    /// <summary>Takes an acknowledgement of the client; what waited for room goes out, at the next flush.</summary>
    /// <returns>False where it is a protocol error.</returns>
    public bool Acknowledge(PacketType type, ushort packetId, ReasonCode reason)
    {
        lock (_lock)
            return _pipe.IsClosed || Exchanges.Acknowledge(type, packetId, reason);
    }

    /// <summary>Sends what was written. Never waits.</summary>
    /// <returns>False where the client is congested.</returns>
    public bool Flush()
    {
        lock (_lock)
        {
            FlushCore();
            return Congestion is null;
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
            return _pipe.IsClosed || (_exchanges is null && Congestion is null) ? Task.CompletedTask : Exchanges.WaitForRoomAsync();
    }

    /// <summary>Nothing is written from here on.</summary>
    public void Close()
    {
        lock (_lock)
            CloseCore();
    }

    private ClientExchanges Exchanges => _exchanges ??= new ClientExchanges(_pipe, limits, _version, _sendMax, _hasStored);

    /// <summary>At QoS 0.</summary>
    private bool TakesNow(int count)
    {
        if (_pipe.IsOpen)
            return true;
        if (!_pipe.IsClosed)
            _pipe.Drop(count);
        return false;
    }

    private int SendAll(WireForm form)
    {
        if (!TakesNow(form.Packets.Length))
            return 0;
        _pipe.Send(form.Bytes, form.Packets.Length);
        return form.Packets.Length;
    }

    /// <summary>A packet that is too large for the client is as if it had been sent (5.0 section 3.1.2.11.4).</summary>
    private int SendFitting(WireForm form)
    {
        if (!TakesNow(form.Packets.Length))
            return 0;
        foreach (ref readonly var place in form.Packets)
        {
            if (place.Length <= _packetBytesMax)
                _pipe.Send(form.Bytes.Slice(place.Start, place.Length), 1);
        }
        return form.Packets.Length;
    }

    private int SendAcknowledged(WireForm form) => _pipe.IsClosed ? 0 : Exchanges.Send(form, _packetBytesMax);

    /// <summary>One message of a consumer at QoS 0; one that is too large is left out.</summary>
    private void SendOnce(ReadOnlySpan<byte> packet, byte qos)
    {
        if (qos == 0 && packet.Length <= _packetBytesMax && TakesNow(1))
            _pipe.Send(packet, 1);
    }

    private void FlushCore()
    {
        _isDirty = false;
        if (!_pipe.IsOpen)
            return;
        var flush = _pipe.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            // Completed by the reading side: the socket is gone.
            if (flush.Result.IsCompleted)
                CloseCore();
            return;
        }
        _congestedSince = limits.Time.GetTimestamp();
        _pipe.Congestion = EndCongestionAsync(flush);
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
            _pipe.Congestion = null;
            if (isGone)
                CloseCore();
            if (_pipe.IsClosed)
                return;
            _pipe.WriteHeld();
            _exchanges?.Drain();
            FlushCore();
        }
    }

    private void CloseCore()
    {
        WasStuck |= Congestion is not null;
        _pipe.Close();
        _exchanges?.Close();
    }
}
