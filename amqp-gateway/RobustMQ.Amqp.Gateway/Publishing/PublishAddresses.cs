using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>The addresses that a connection has used lately, by the bytes of the method that names them.</summary>
internal sealed class PublishAddresses(AmqpConnection connection)
{
    private const int KeptMax = 1024;

    private readonly Dictionary<byte[], PublishAddress> _known = new(Utf8Comparer.Instance);

    /// <param name="arguments">Of a valid <see cref="BasicPublish"/>; the last byte holds its bits and is no part of the address.</param>
    public PublishAddress Of(ReadOnlySpan<byte> arguments)
    {
        var key = arguments[..^1];
        if (_known.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var address))
            return address;
        BasicPublish.TryRead(arguments, out var method);
        address = new PublishAddress(method.Exchange.ToArray(), method.RoutingKey.ToArray(), AmqpAccess.MayPublish(connection, method.Exchange, method.RoutingKey));
        if (_known.Count == KeptMax)
            _known.Clear();
        _known.Add(key.ToArray(), address);
        return address;
    }
}
