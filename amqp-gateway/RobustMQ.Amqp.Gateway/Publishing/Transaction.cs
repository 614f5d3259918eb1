using RobustMQ.Amqp.Protocol;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>What a channel in transaction mode has published and answered since the last commit or rollback. The session's thread only.</summary>
internal sealed class Transaction(int messagesMax, long bytesMax)
{
    private readonly List<PendingPublish> _messages = [];
    private readonly List<PendingAnswer> _answers = [];
    private long _bytes;

    public IReadOnlyList<PendingPublish> Messages => _messages;

    public IReadOnlyList<PendingAnswer> Answers => _answers;

    /// <summary>What is published now is this transaction's own, on its way out.</summary>
    public bool IsCommitting { get; set; }

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

    public void Clear()
    {
        _messages.Clear();
        _answers.Clear();
        _bytes = 0;
        IsCommitting = false;
    }
}

/// <summary>A message that waits for the commit.</summary>
internal sealed record PendingPublish(PublishAddress Address, bool IsMandatory, byte[] Properties, byte[] Body);

/// <summary>An answer that waits for the commit.</summary>
internal readonly record struct PendingAnswer(ulong Tag, bool IsMultiple, Records.Consumers.AckKind Kind);
