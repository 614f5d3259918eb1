using System.Buffers;
using System.Runtime.InteropServices;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>SUBSCRIBE (5.0 section 3.8).</summary>
internal sealed class SubscribeHandler(MqttGatewayState gateway, MqttSession session)
{
    private readonly List<ReasonCode> _reasons = [];
    private readonly List<MqttSubscription> _found = [];
    private readonly List<int> _places = [];
    private readonly List<MqttSubscription> _wantRetained = [];
    private readonly List<StoredSubscription> _toStore = [];
    private readonly SubscriptionFactory _factory = new(gateway);
    private ushort _packetId;

    public void Run(ReadOnlySpan<byte> body)
    {
        var connection = session.Connection;
        var reason = SubscribePacket.TryRead(body, connection.Version, out var packet);
        if (reason != ReasonCode.Success)
        {
            connection.Close(CloseReason.Wrong(reason));
            return;
        }
        _packetId = packet.PacketId;
        _reasons.Clear();
        _found.Clear();
        _places.Clear();
        _wantRetained.Clear();
        _toStore.Clear();
        foreach (var wish in packet)
            _reasons.Add(Find(gateway.Rewrites.Subscribe(wish.Filter, connection.Client!), wish.Options, packet.SubscriptionIdentifier));
        if (_toStore.Count == 0 && !_found.Exists(static subscription => subscription.IsExclusive))
            Subscribe();
        else
            session.PauseFor(StoreAsync());
    }

    /// <summary>The session's part first: what is acknowledged to the client outlives this gateway.</summary>
    private async Task StoreAsync()
    {
        var error = await ClaimExclusiveAsync().ConfigureAwait(false);
        if (error == ErrorCode.None && _toStore.Count > 0)
            error = await session.Connection.Stored!.Filters.AddAsync(_toStore).ConfigureAwait(false);
        switch (error)
        {
            case ErrorCode.None:
                Subscribe();
                session.Connection.Outbound.Flush();
                break;
            case ErrorCode.LimitExceeded or ErrorCode.TooLarge or ErrorCode.InvalidArgument:
                for (var at = 0; at < _reasons.Count; at++)
                    _reasons[at] = _reasons[at] < ReasonCode.UnspecifiedError ? ReasonCode.QuotaExceeded : _reasons[at];
                Answer();
                session.Connection.Outbound.Flush();
                break;
            default:
                session.Connection.Close(CloseReason.StorageUnavailable);
                break;
        }
    }

    /// <summary>What another client has is refused to this one, and to this one alone.</summary>
    private async ValueTask<ErrorCode> ClaimExclusiveAsync()
    {
        for (var at = _found.Count - 1; at >= 0; at--)
        {
            var subscription = _found[at];
            if (!subscription.IsExclusive)
                continue;
            var error = await gateway.Exclusive.ClaimAsync(session.Connection.Client!.Namespace.Name, subscription).ConfigureAwait(false);
            if (error == ErrorCode.None)
                continue;
            if (error != ErrorCode.LeaseHeld)
                return error;
            _reasons[_places[at]] = ReasonCode.QuotaExceeded;
            _toStore.RemoveAll(stored => stored.Id == subscription.StoredId);
            _found.RemoveAt(at);
            _places.RemoveAt(at);
        }
        return ErrorCode.None;
    }

    private ReasonCode Find(ReadOnlySpan<byte> topicFilter, SubscriptionOptions options, uint identifier)
    {
        var connection = session.Connection;
        if (connection.SubscriptionCount + _found.Count >= gateway.Options.SubscriptionsMax && !connection.HasSubscription(topicFilter))
            return ReasonCode.QuotaExceeded;
        StoredSubscription? stored = null;
        if (connection.Stored is { } own)
        {
            // What a shared subscription keeps may go to another member when this one is gone: it must not be half through an exchange of QoS 2 (4.8.2).
            if (options.Qos == 2 && SharedFilter.IsShared(topicFilter))
                options = new SubscriptionOptions((byte)(options.Value & ~3 | 1));
            stored = own.Filters.Next(topicFilter.ToArray(), options, identifier);
        }
        var reason = _factory.TryCreate(connection, topicFilter, options, identifier, stored?.Id ?? 0, out var subscription);
        if (reason != ReasonCode.Success)
            return reason;
        _found.Add(subscription!);
        _places.Add(_reasons.Count);
        if (stored is not null)
        {
            _toStore.RemoveAll(other => other.Id == stored.Id);
            _toStore.Add(stored);
        }
        return (ReasonCode)options.Qos;
    }

    private void Subscribe()
    {
        foreach (var subscription in _found)
        {
            var isNew = session.Connection.Subscribe(subscription);
            var handling = subscription.Options.RetainHandling;
            // Shared subscriptions get no retained messages (4.8.2).
            if (subscription.ShareName is null && (handling == RetainHandling.Send || (handling == RetainHandling.SendIfNew && isNew)))
                _wantRetained.Add(subscription);
        }
        Answer();
        foreach (var subscription in _wantRetained)
            session.SendRetained(subscription);
    }

    private void Answer()
    {
        var packet = new ArrayBufferWriter<byte>(8 + _reasons.Count);
        FilterAckPacket.Write(packet, PacketType.SubAck, session.Connection.Version, _packetId, CollectionsMarshal.AsSpan(_reasons));
        session.Connection.Answer(packet.WrittenSpan);
    }
}
