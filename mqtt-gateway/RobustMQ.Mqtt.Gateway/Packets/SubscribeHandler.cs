using System.Buffers;
using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>SUBSCRIBE (5.0 section 3.8).</summary>
internal sealed class SubscribeHandler(MqttGatewayState gateway, MqttSession session)
{
    private readonly List<ReasonCode> _reasons = [];
    private readonly List<MqttSubscription> _wantRetained = [];

    public void Run(ReadOnlySpan<byte> body)
    {
        var connection = session.Connection;
        var reason = SubscribePacket.TryRead(body, connection.Version, out var packet);
        if (reason != ReasonCode.Success)
        {
            connection.Close(CloseReason.Wrong(reason));
            return;
        }
        _reasons.Clear();
        _wantRetained.Clear();
        var identifier = MqttSubscription.EncodeIdentifier(packet.SubscriptionIdentifier);
        foreach (var wish in packet)
            _reasons.Add(Subscribe(wish.Filter, wish.Options, identifier));
        Answer(packet.PacketId);
        foreach (var subscription in _wantRetained)
            session.Retained.Add(subscription);
    }

    private ReasonCode Subscribe(ReadOnlySpan<byte> topicFilter, SubscriptionOptions options, byte[] identifier)
    {
        var connection = session.Connection;
        var filter = topicFilter;
        string? share = null;
        if (SharedFilter.IsShared(topicFilter))
        {
            if (!SharedFilter.TryParse(topicFilter, out var shared))
                return ReasonCode.TopicFilterInvalid;
            filter = shared.Filter;
            share = Encoding.UTF8.GetString(shared.Name);
        }
        if (!MqttTopics.IsFilter(filter, gateway.Options.TopicLevelsMax) || !TryMap(filter, out var subjectFilter))
            return ReasonCode.TopicFilterInvalid;
        var filterBytes = Encoding.UTF8.GetBytes(subjectFilter.Value);
        var decision = connection.Client!.Identity.Permissions?.CanSubscribe(filterBytes, share is null ? default : Encoding.UTF8.GetBytes(share)) ?? SubscribeDecision.Allowed;
        if (decision == SubscribeDecision.Denied)
            return ReasonCode.NotAuthorized;
        if (connection.SubscriptionCount >= gateway.Options.SubscriptionsMax && !connection.HasSubscription(topicFilter))
            return ReasonCode.QuotaExceeded;

        var subscription = new MqttSubscription
        {
            Connection = connection,
            TopicFilter = topicFilter.ToArray(),
            Filter = subjectFilter,
            FilterBytes = filterBytes,
            ShareName = share,
            Options = options,
            Identifier = identifier,
            ChecksDeliveries = decision == SubscribeDecision.AllowedWithDeliveryFilter,
        };
        var isNew = connection.Subscribe(subscription);
        // Shared subscriptions get no retained messages (4.8.2).
        if (share is null && (options.RetainHandling == RetainHandling.Send || (options.RetainHandling == RetainHandling.SendIfNew && isNew)))
            _wantRetained.Add(subscription);
        return (ReasonCode)options.Qos;
    }

    private bool TryMap(ReadOnlySpan<byte> filter, out SubjectFilter subjectFilter)
    {
        subjectFilter = default;
        var bytes = ArrayPool<byte>.Shared.Rent(TopicMapping.SubjectBytesMax(filter.Length));
        var isMapped = gateway.Mapping.TryToFilter(filter, bytes, out var written) && SubjectFilter.TryParse(Encoding.UTF8.GetString(bytes, 0, written), out subjectFilter);
        ArrayPool<byte>.Shared.Return(bytes);
        return isMapped;
    }

    private void Answer(ushort packetId)
    {
        var packet = new ArrayBufferWriter<byte>(8 + _reasons.Count);
        FilterAckPacket.Write(packet, PacketType.SubAck, session.Connection.Version, packetId, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_reasons));
        session.Connection.Answer(packet.WrittenSpan);
    }
}
