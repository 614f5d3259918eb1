using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Amqp.Gateway.Routing;

/// <summary>A trie over the words of the patterns.</summary>
internal sealed class TopicTable : IBindingTable
{
    private readonly SubjectTrie<Binding> _trie = new();

    public void Add(Binding binding) => _trie.Add(AmqpNames.Filter(binding.Spec.RoutingKey), binding);

    public void Remove(Binding binding) => _trie.Remove(AmqpNames.Filter(binding.Spec.RoutingKey), binding);

    public void Match(in RoutedMessage message, List<Binding> matches)
    {
        Span<byte> subject = stackalloc byte[AmqpNames.EncodedBytesMax(byte.MaxValue)];
        var key = message.RoutingKey;
        if (key.Length > byte.MaxValue)
            subject = new byte[AmqpNames.EncodedBytesMax(key.Length)];
        _trie.Match(subject[..AmqpNames.Encode(key, subject)], matches);
    }
}
