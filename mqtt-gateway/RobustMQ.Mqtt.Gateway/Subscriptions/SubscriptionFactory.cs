using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>Makes subscriptions of filters as clients write them: what is none, and what a client may not have, is told apart.</summary>
internal sealed class SubscriptionFactory(MqttGatewayState gateway)
{
    /// <param name="storedId">See <see cref="MqttSubscription.StoredId"/>.</param>
    /// <returns>Success, or what is wrong with it.</returns>
    public ReasonCode TryCreate(
        MqttConnection connection, ReadOnlySpan<byte> topicFilter, SubscriptionOptions options, uint identifier, int storedId, [NotNullWhen(true)] out MqttSubscription? subscription)
    {
        subscription = null;
        if (!FilterName.TryParse(topicFilter, out var name))
            return ReasonCode.TopicFilterInvalid;
        var filter = name.Filter;
        var share = name.ShareName;
        if (!MqttTopics.IsFilter(filter, gateway.Options.TopicLevelsMax) || !TryMap(gateway.Mapping, filter, out var subjectFilter))
            return ReasonCode.TopicFilterInvalid;
        var filterBytes = Encoding.UTF8.GetBytes(subjectFilter.Value);
        var decision = connection.Client!.Identity.Permissions?.CanSubscribe(filterBytes, share is null ? default : Encoding.UTF8.GetBytes(share)) ?? SubscribeDecision.Allowed;
        if (decision == SubscribeDecision.Denied)
            return ReasonCode.NotAuthorized;
        subscription = new MqttSubscription
        {
            Connection = connection,
            TopicFilter = topicFilter.ToArray(),
            Filter = subjectFilter,
            FilterBytes = filterBytes,
            ShareName = share,
            IsExclusive = name.IsExclusive,
            Options = options,
            Identifier = MqttSubscription.EncodeIdentifier(identifier),
            ChecksDeliveries = decision == SubscribeDecision.AllowedWithDeliveryFilter,
            StoredId = storedId,
        };
        return ReasonCode.Success;
    }

    /// <param name="filter">Without <c>$share/</c>.</param>
    public static bool TryMap(TopicMapping mapping, ReadOnlySpan<byte> filter, out SubjectFilter subjectFilter)
    {
        subjectFilter = default;
        var bytes = ArrayPool<byte>.Shared.Rent(TopicMapping.SubjectBytesMax(filter.Length));
        var isMapped = mapping.TryToFilter(filter, bytes, out var written) && SubjectFilter.TryParse(Encoding.UTF8.GetString(bytes, 0, written), out subjectFilter);
        ArrayPool<byte>.Shared.Return(bytes);
        return isMapped;
    }
}
