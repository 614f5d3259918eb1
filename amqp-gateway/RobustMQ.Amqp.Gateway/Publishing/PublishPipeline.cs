using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Routing;
using RobustMQ.Amqp.Gateway.Shared;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>
/// What one connection publishes: checked, routed, and gathered into a batch per log, which goes to the storage-node when a read of the socket ends or an order of things depends on it. The
/// session's thread only.
/// </summary>
internal sealed class PublishPipeline(AmqpGatewayState gateway, AmqpConnection connection) : IDisposable
{
    /// <summary>An address that leads nowhere is looked up again at the source after this: another gateway may know more.</summary>
    private static readonly TimeSpan DoubtTime = TimeSpan.FromSeconds(1);

    private readonly PublishAddresses _addresses = new(connection);
    private readonly RecordEncoder _encoder = new();
    private readonly SharedHeaders _shared = new();
    private readonly List<byte[]> _otherKeys = [];

    public PublishBatches Batches { get; } = new(gateway, connection.Outbound.Flush);

    /// <param name="arguments">Of the method; the address is found by its bytes.</param>
    public PublishAddress AddressOf(ReadOnlySpan<byte> arguments) => _addresses.Of(arguments);

    /// <summary>Publishes one message.</summary>
    /// <returns>Null: it is on its way. Otherwise a task that finds out more about where it goes; nothing else may run meanwhile.</returns>
    public Task? Publish(AmqpChannel channel, PublishAddress address, bool isMandatory, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
    {
        connection.MessagesIn++;
        connection.BytesIn += body.Length;
        if (!address.IsAllowed)
        {
            CheckKey(address, address.RoutingKey);
            address.IsAllowed = true;
        }
        if (channel.Transaction is { } transaction && !transaction.IsCommitting)
        {
            if (MessageFacts.Read(properties, connection).HasOtherKeys)
                ReadOtherKeys(address, properties);
            transaction.Add(new PendingPublish(address, isMandatory, properties.ToArray(), body.ToArray()));
            return null;
        }
        return PublishNow(channel, address, isMandatory, properties, body);
    }

    /// <summary>As <see cref="Publish"/>, and a transaction that is being committed keeps where the message goes.</summary>
    public Task? PublishNow(AmqpChannel channel, PublishAddress address, bool isMandatory, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
    {
        var facts = MessageFacts.Read(properties, connection);
        if (facts.AsksForReply)
        {
            if (channel.ReplyConsumer is null)
                throw AmqpException.Precondition("fast reply consumer does not exist");
            properties = PropertyChanges.WithReplyTo(properties, gateway.Replies.AddressOf(channel));
        }
        if (address.Exchange.Length == 0 && gateway.Replies.TryDeliver(connection.Vhost!, address.RoutingKey, properties, body, out var isDelivered))
        {
            Confirm(channel, isDelivered ? null : MessageRoute.Nowhere, address, isMandatory, properties, body);
            return null;
        }
        if (facts.HasOtherKeys)
        {
            ReadOtherKeys(address, properties);
            properties = PropertyChanges.WithoutHeader(properties, MessageFacts.BlindCopies);
        }
        var route = Find(address, properties, facts.HasOtherKeys);
        if (route is null || (route.IsUnroutable && gateway.Time.GetElapsedTime(address.CheckedAt) > DoubtTime))
            return PublishAfterSyncAsync(channel, address, isMandatory, properties.ToArray(), body.ToArray(), facts);
        Store(channel, address, isMandatory, route, facts, properties, body);
        return null;
    }

    /// <summary>A message of a transaction, on its way to these targets.</summary>
    public void Append(RoutedPublish message, ReadOnlySpan<PublishTarget> targets) =>
        Append(message.Address, message.Route.IsShared, targets, message.Facts, message.Properties, message.Body, Durability.Durable, default);

    public void Dispose() => Batches.Dispose();

    /// <summary>What goes to further keys (CC, BCC) is published with each of them.</summary>
    private void ReadOtherKeys(PublishAddress address, ReadOnlySpan<byte> properties)
    {
        MessageFacts.ReadOtherKeys(properties, _otherKeys);
        foreach (var key in _otherKeys)
            CheckKey(address, key);
    }

    private void CheckKey(PublishAddress address, byte[] routingKey)
    {
        if (!AmqpAccess.MayPublish(connection, address.Exchange, routingKey))
            throw AmqpException.Refused($"access to exchange '{Text(address.Exchange)}' in vhost '{connection.Vhost!.Name}' refused for user '{connection.UserName}'");
    }

    private async Task PublishAfterSyncAsync(AmqpChannel channel, PublishAddress address, bool isMandatory, byte[] properties, byte[] body, MessageFacts facts)
    {
        await connection.Vhost!.SyncAsync().ConfigureAwait(false);
        address.CheckedAt = gateway.Time.GetTimestamp();
        var route = Find(address, properties, facts.HasOtherKeys) ?? throw AmqpException.NoExchange(Text(address.Exchange), connection.Vhost.Name);
        Store(channel, address, isMandatory, route, facts, properties, body);
    }

    private MessageRoute? Find(PublishAddress address, ReadOnlySpan<byte> properties, bool hasOtherKeys)
    {
        var topology = connection.Vhost!.Topology;
        var message = new RoutedMessage(address.RoutingKey, properties);
        if (hasOtherKeys)
            return topology.Route(address.Exchange, message, _otherKeys);
        var generation = topology.Generation;
        if (address.Route is { } known && address.Generation == generation)
            return known;
        if (topology.IsInternal(address.Exchange))
            throw AmqpException.Refused($"cannot publish to internal exchange '{Text(address.Exchange)}' in vhost '{connection.Vhost.Name}'");
        var route = topology.Route(address.Exchange, message);
        address.Route = route is { DependsOnHeaders: false } ? route : null;
        address.Generation = generation;
        return route;
    }

    private void Store(
        AmqpChannel channel, PublishAddress address, bool isMandatory, MessageRoute route, in MessageFacts facts, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
    {
        var number = Confirm(channel, route, address, isMandatory, properties, body);
        if (channel.Transaction is { } transaction)
        {
            transaction.Keep(route, facts, properties);
            return;
        }
        // Nobody waits for the disk who did not ask to be told.
        var persistent = channel.Confirms is null || gateway.Options.ConfirmDurability == ConfirmDurability.Written ? Durability.Written : Durability.Durable;
        Append(address, route.IsShared, route.Targets, facts, properties, body, persistent, new PublishBatch.Waiting(channel.Confirms, number));
    }

    private void Append(
        PublishAddress address, bool isShared, ReadOnlySpan<PublishTarget> targets, in MessageFacts facts, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body,
        Durability persistent, PublishBatch.Waiting waiter)
    {
        var nowMs = gateway.NowMs;
        if (isShared)
            Share(address, facts, properties, body, nowMs);
        if (targets.IsEmpty)
            return;
        _encoder.Encode(
            new AmqpEnvelope { Exchange = address.Exchange, RoutingKey = address.RoutingKey, Properties = properties }, facts.Priority, facts.ExpiresAtMs(nowMs));
        var wanted = facts.IsPersistent ? persistent : Durability.Accepted;
        foreach (var target in targets)
            Batches.Add(target, nowMs, body, _encoder.Encoded, _encoder.Count, target.IsDurable ? wanted : Durability.Accepted, waiter);
    }

    /// <summary>For clients of other protocols, and for the topic that owns the subject.</summary>
    private void Share(PublishAddress address, in MessageFacts facts, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body, long nowMs)
    {
        var subject = AmqpNames.Encode(address.RoutingKey);
        var topic = gateway.Topics.Route(connection.Vhost!.Namespace, subject);
        _shared.Encode(new AmqpEnvelope { Exchange = address.Exchange, RoutingKey = address.RoutingKey, Properties = properties }, facts.ExpiresAtMs(nowMs));
        var durability = topic.IsLive ? Durability.Accepted : facts.IsPersistent ? Durability.Durable : Durability.Written;
        Batches.Add(new PublishTarget(topic.Log, subject, !topic.IsLive, null, topic.IsLiveOnly), nowMs, body, _shared.Encoded, _shared.Count, durability, default);
    }

    /// <summary>Gives a message its number, and back to its publisher where nobody gets it and that is wanted.</summary>
    private ulong Confirm(AmqpChannel channel, MessageRoute? route, PublishAddress address, bool isMandatory, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body)
    {
        if (isMandatory && route is { IsUnroutable: true })
        {
            connection.Outbound.WriteContent(
                channel.Number,
                new BasicReturn { ReplyCode = (ushort)ReplyCode.NoRoute, ReplyText = "NO_ROUTE"u8, Exchange = address.Exchange, RoutingKey = address.RoutingKey },
                properties,
                body);
        }
        return channel.Confirms?.Begin(route?.Targets.Length ?? 0) ?? 0;
    }

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
