using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Retained;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// Retained messages that new subscriptions of a connected session bring at QoS 1 and 2. They lie in no log that the session's consumer reads, so what of them is under way is a record of
/// the session, stored before the client gets them: they are the session's until the client has them, whatever becomes of its connection and gateway.
/// </summary>
internal sealed class SessionRetained(MqttGatewayState gateway, MqttConnection connection, StoredSession session)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MqttSubscription, Offset> _rests = [];
    private readonly List<ushort> _toRelease = [];
    private Task _releasing = Task.CompletedTask;
    private Task<ErrorCode> _storing = Task.FromResult(ErrorCode.None);
    private bool _isStored = session.Saved.Retained is not null;
    private bool _hasChanged;
    private bool _isOver;

    /// <summary>Sends one page of a subscription's retained messages, as fast as the client takes them.</summary>
    /// <param name="rest">Where those behind the page begin; null: there are none.</param>
    /// <returns>False where the rest is not to be sent: the connection has ended, or the client has unsubscribed.</returns>
    public async ValueTask<bool> SendAsync(MqttSubscription subscription, IReadOnlyList<RetainedPacket> packets, Offset? rest)
    {
        for (var at = 0; at < packets.Count;)
        {
            var left = packets.Count - at;
            // Storing has a price: it is paid for many at once.
            var room = await connection.Outbound.WaitForRetainedRoomAsync(Math.Min(left, Math.Max(1, connection.Outbound.SendMax / 2))).ConfigureAwait(false);
            if (room == 0 || subscription.IsRemoved)
                return false;
            var begun = new ushort[Math.Min(room, left)];
            for (var index = 0; index < begun.Length; index++)
                begun[index] = connection.Outbound.BeginRetained(packets[at + index].Offset, subscription.StoredId, packets[at + index].Qos);
            SetRest(subscription, begun.Length < left ? packets[at + begun.Length].Offset : rest);
            if (!await TryStoreAsync().ConfigureAwait(false))
                return false;
            foreach (var packetId in begun)
            {
                var packet = packets[at++];
                connection.Outbound.SendRetained(packetId, packet.Bytes, packet.IdAt);
            }
            connection.Outbound.Flush();
        }
        return true;
    }

    /// <summary>Where the messages begin that a subscription has not been sent; null: it has had them all.</summary>
    public void SetRest(MqttSubscription subscription, Offset? from)
    {
        lock (_lock)
        {
            if (from is { } offset)
                _rests[subscription] = offset;
            else
                _rests.Remove(subscription);
            _hasChanged = true;
        }
    }

    /// <summary>Sends again what was under way at an earlier connection (5.0 section 4.4). A message that was replaced or cleared since is not there any more.</summary>
    /// <param name="exchanges">With the subscription that brought each; null: the client has unsubscribed since.</param>
    public async ValueTask ResumeAsync(IReadOnlyList<(RetainedExchange Exchange, MqttSubscription? Subscription)> exchanges, RetainedStore store)
    {
        var encoder = new RetainedEncoder(connection);
        foreach (var (exchange, subscription) in exchanges)
        {
            var room = connection.Outbound.WaitForRetainedRoomAsync(1);
            if (!room.IsCompleted)
                connection.Outbound.Flush();
            if (await room.ConfigureAwait(false) == 0)
                return;
            if (exchange.State == StoredState.Released)
            {
                connection.Outbound.ReleaseRetained(exchange.PacketId);
                continue;
            }
            using var found = await store.ReadOneAsync(session.Name.Namespace, exchange.Offset).ConfigureAwait(false);
            if (!found.Succeeded && found.Error is not (ErrorCode.OffsetOutOfRange or ErrorCode.NotFound))
            {
                connection.Close(CloseReason.StorageUnavailable);
                return;
            }
            if (found.Succeeded && encoder.TryEncodeAgain(found.Batches, exchange, subscription, gateway.NowMs))
            {
                connection.Outbound.SendRetained(exchange.PacketId, encoder.Packet, encoder.IdAt);
                continue;
            }
            connection.Outbound.ForgetRetained(exchange.PacketId);
            Changed();
        }
        connection.Outbound.Flush();
    }

    /// <summary>Takes a PUBACK, PUBREC or PUBCOMP. The connection's reader only.</summary>
    /// <returns>False where it is a protocol error.</returns>
    public bool Acknowledge(PacketType type, ushort packetId, ReasonCode reason)
    {
        var outcome = connection.Outbound.AcknowledgeRetained(type, packetId, reason);
        if (outcome == StoredAck.Received)
            _toRelease.Add(packetId);
        if (outcome is StoredAck.Ended or StoredAck.Received)
            Changed();
        return outcome != StoredAck.Wrong;
    }

    /// <summary>A read of the client's socket is through. The connection's reader only.</summary>
    public void EndRead()
    {
        if (_toRelease.Count > 0)
        {
            _releasing = ReleaseAsync(_releasing, [.. _toRelease]);
            _toRelease.Clear();
        }
        else if (_hasChanged && _isStored && connection.Outbound.RetainedCount == 0 && Owed.IsEmpty)
        {
            // Nothing hangs on it: what is acknowledged and stored all the same may come once more where the gateway ends without a word.
            _ = StoreAsync(isLast: false);
        }
    }

    /// <summary>The connection has ended, and the session stays: from here on it is others who change it.</summary>
    public Task<ErrorCode> EndAsync() => StoreAsync(isLast: true);

    private void Changed()
    {
        lock (_lock)
            _hasChanged = true;
    }

    private StoredRetained Owed
    {
        get
        {
            lock (_lock)
            {
                return new StoredRetained(
                    connection.Outbound.Retained, [.. _rests.Where(static rest => !rest.Key.IsRemoved).Select(static rest => new RetainedRest(rest.Key.StoredId, rest.Value))]);
            }
        }
    }

    /// <summary>PUBREL goes out when it is stored that the client has the message: it is never sent to it as a new one (5.0 section 4.3.3).</summary>
    private async Task ReleaseAsync(Task previous, ushort[] packetIds)
    {
        await previous.ConfigureAwait(false);
        if (!await TryStoreAsync().ConfigureAwait(false))
            return;
        foreach (var packetId in packetIds)
            connection.Outbound.ReleaseRetained(packetId);
        connection.Outbound.Flush();
    }

    private async ValueTask<bool> TryStoreAsync()
    {
        var error = await StoreAsync(isLast: false).ConfigureAwait(false);
        if (error != ErrorCode.None)
            connection.Close(error == ErrorCode.Fenced ? CloseReason.TakenOver : CloseReason.StorageUnavailable);
        return error == ErrorCode.None;
    }

    /// <summary>One after the other.</summary>
    private Task<ErrorCode> StoreAsync(bool isLast)
    {
        lock (_lock)
            return _storing = StoreAsync(_storing, isLast);
    }

    private async Task<ErrorCode> StoreAsync(Task previous, bool isLast)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (_isOver)
            return ErrorCode.Fenced;
        _isOver = isLast;
        lock (_lock)
        {
            if (!_hasChanged)
                return ErrorCode.None;
            _hasChanged = false;
        }
        var owed = Owed;
        if (owed.IsEmpty && !_isStored)
            return ErrorCode.None;
        var error = await gateway.Sessions.ChangeAsync(session.Head, change => change.Put(session.Head).Put(owed)).ConfigureAwait(false);
        if (error == ErrorCode.None)
            _isStored = !owed.IsEmpty;
        else
            Changed();
        return error;
    }
}
