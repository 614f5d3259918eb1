using System.Text;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Tables;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>
/// Consistent hashing: each binding has as many buckets as its routing key says, and a message goes to one bucket by the jump hash of its routing key, of a header
/// (<c>hash-header</c>) or of a property (<c>hash-property</c>). A bucket more moves one message in <c>n</c>.
/// </summary>
internal sealed class HashTable : IBindingTable
{
    private readonly List<Binding> _buckets = [];
    private readonly byte[]? _header;
    private readonly string? _property;

    public HashTable(ArgumentTable arguments)
    {
        _header = arguments.Text("hash-header") is { } header ? Encoding.UTF8.GetBytes(header) : null;
        _property = arguments.Text("hash-property");
    }

    public void Add(Binding binding)
    {
        for (var bucket = 0; bucket < binding.Weight; bucket++)
            _buckets.Add(binding);
    }

    public void Remove(Binding binding) => _buckets.RemoveAll(bucket => ReferenceEquals(bucket, binding));

    public void Match(in RoutedMessage message, List<Binding> matches)
    {
        if (_buckets.Count > 0)
            matches.Add(_buckets[Jump(Partitioner.Murmur2(Hashed(message)), _buckets.Count)]);
    }

    private ReadOnlySpan<byte> Hashed(in RoutedMessage message)
    {
        if (_header is null && _property is null)
            return message.RoutingKey;
        BasicProperties.TryRead(message.Properties, out var properties);
        if (_header is not null)
            return FieldTableReader.TryFind(properties.Headers, _header, out var value) ? value.Content : default;
        return _property switch
        {
            "message_id" => properties.MessageId,
            "correlation_id" => properties.CorrelationId,
            "timestamp" => Encoding.UTF8.GetBytes(properties.Timestamp.ToString()),
            _ => default,
        };
    }

    /// <summary>Lamping and Veach's jump consistent hash.</summary>
    private static int Jump(ulong key, int buckets)
    {
        long bucket = -1;
        long next = 0;
        while (next < buckets)
        {
            bucket = next;
            key = unchecked(key * 2862933555777941757UL + 1);
            next = (long)((bucket + 1) * ((1L << 31) / (double)((key >> 33) + 1)));
        }
        return (int)bucket;
    }
}
