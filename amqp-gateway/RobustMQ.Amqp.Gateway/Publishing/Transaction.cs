using RobustMQ.Amqp.Gateway.Routing;
using RobustMQ.Amqp.Protocol;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>What a channel in transaction mode has published and answered since the last commit or rollback. The session's thread only.</summary>
internal sealed class Transaction(int messagesMax, long bytesMax)
{
    private readonly List<PendingPublish> _messages = [];
    private readonly List<PendingAnswer> _answers = [];
    private readonly List<RoutedPublish> _routed = [];
    private PendingPublish? _routing;
    private long _bytes;

    public IReadOnlyList<PendingPublish> Messages => _messages;

    public IReadOnlyList<PendingAnswer> Answers => _answers;

    /// <summary>What of the messages goes anywhere, since the commit began.</summary>
    public IReadOnlyList<RoutedPublish> Routed => _routed;

    /// <summary>What is published now is this transaction's own, on its way out.</summary>
    public bool IsCommitting => _routing is not null;

    /// <summary>The channel's transactions go to the log that queues share for them.</summary>
    public bool IsSpread { get; set; }

    public void Add(PendingPublish message)
    {
        if (_messages.Count == messagesMax)
            throw new AmqpException(ReplyCode.ResourceError, $"a transaction has {messagesMax} messages at most");
        _bytes += message.Properties.Length + message.Body.Length;
        if (_bytes > bytesMax)
            throw new AmqpException(ReplyCode.ResourceError, $"a transaction has {bytesMax} bytes at most");
        _messages.Add(message);
    }

    public void Add(PendingAnswer answer) => _answers.Add(answer);

    /// <summary>One of its messages is routed from now on, as a part of the commit.</summary>
    public void Route(PendingPublish message) => _routing = message;

    /// <summary>Where the message that is routed goes.</summary>
    /// <param name="properties">Its own, or changed ones.</param>
    public void Keep(MessageRoute route, in MessageFacts facts, ReadOnlySpan<byte> properties) =>
        _routed.Add(new RoutedPublish(_routing!.Address, route, facts, properties.SequenceEqual(_routing.Properties) ? _routing.Properties : properties.ToArray(), _routing.Body));

    public void Clear()
    {
        _messages.Clear();
        _answers.Clear();
        _routed.Clear();
        _routing = null;
        _bytes = 0;
    }
}

/// <summary>A message that waits for the commit.</summary>
internal sealed record PendingPublish(PublishAddress Address, bool IsMandatory, byte[] Properties, byte[] Body);

/// <summary>A message of a commit, and where it goes.</summary>
internal sealed record RoutedPublish(PublishAddress Address, MessageRoute Route, MessageFacts Facts, byte[] Properties, byte[] Body);

/// <summary>An answer that waits for the commit.</summary>
internal readonly record struct PendingAnswer(ulong Tag, bool IsMultiple, Records.Consumers.AckKind Kind);
