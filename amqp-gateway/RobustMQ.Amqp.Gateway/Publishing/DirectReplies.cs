using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>
/// Direct reply-to: a client that consumes <see cref="Name"/> gets replies without a queue. Its requests carry an address that names its channel and cannot be guessed; a reply there goes
/// straight to its socket, or nowhere when it has left.
/// </summary>
internal sealed class DirectReplies(string gatewayId, ConnectionRegistry connections)
{
    private const int SecretBytes = 16;

    /// <summary>Only this process knows it; addresses are signed with it.</summary>
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    public static ReadOnlySpan<byte> Name => "amq.rabbitmq.reply-to"u8;

    private static ReadOnlySpan<byte> Prefix => "amq.rabbitmq.reply-to."u8;

    public byte[] AddressOf(AmqpChannel channel)
    {
        var place = $"{gatewayId}.{channel.Connection.Id}.{channel.Number}";
        return Encoding.ASCII.GetBytes($"amq.rabbitmq.reply-to.{place}.{Sign(place)}");
    }

    /// <summary>Whether a queue's name is such an address, for clients that look before they reply.</summary>
    public static bool IsAddress(ReadOnlySpan<byte> routingKey) => routingKey.StartsWith(Prefix);

    public bool IsAlive(Vhost vhost, ReadOnlySpan<byte> address) => Find(vhost, address) is not null;

    /// <returns>False: the routing key is no address of a reply.</returns>
    /// <param name="isDelivered">False: nobody waits there any more.</param>
    public bool TryDeliver(Vhost vhost, ReadOnlySpan<byte> routingKey, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> body, out bool isDelivered)
    {
        isDelivered = false;
        if (!IsAddress(routingKey))
            return false;
        if (Find(vhost, routingKey) is not { ReplyConsumer: { } tag } channel)
            return true;
        var method = new BasicDeliver { ConsumerTag = tag, DeliveryTag = channel.NextTag(), RoutingKey = routingKey };
        channel.Connection.Outbound.WriteContent(channel.Number, method, properties, body);
        channel.Connection.Outbound.Flush();
        return isDelivered = true;
    }

    private AmqpChannel? Find(Vhost vhost, ReadOnlySpan<byte> address)
    {
        var parts = Encoding.UTF8.GetString(address[Prefix.Length..]).Split('.');
        if (parts.Length != 4 || parts[0] != gatewayId || parts[3] != Sign($"{parts[0]}.{parts[1]}.{parts[2]}"))
            return null;
        var connection = connections.Find(ulong.Parse(parts[1], CultureInfo.InvariantCulture));
        return connection?.Vhost == vhost && connection.Channels.TryGetValue(ushort.Parse(parts[2], CultureInfo.InvariantCulture), out var channel) && channel.ReplyConsumer is not null
            ? channel
            : null;
    }

    private string Sign(string place) => Convert.ToHexStringLower(HMACSHA256.HashData(_secret, Encoding.ASCII.GetBytes(place)).AsSpan(0, SecretBytes));
}
