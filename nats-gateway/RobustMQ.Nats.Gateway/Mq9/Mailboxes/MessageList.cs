using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>The <c>messages</c> of an answer. Takes as many as it may and as fit; the first one always, since a message that no answer can hold would block everything behind it.</summary>
internal sealed class MessageList
{
    /// <summary>Of one batch that another protocol put in compressed.</summary>
    public const int OpenedBytesMax = 64 << 20;

    private readonly Mq9Answer _answer;
    private readonly long _bytesMax;
    private readonly int _countMax;

    public MessageList(Mq9Answer answer, long bytesMax, int countMax)
    {
        _answer = answer;
        _bytesMax = bytesMax;
        _countMax = countMax;
        answer.Json.WriteStartArray("messages"u8);
    }

    public int Count { get; private set; }

    /// <summary>Adds every record, in order.</summary>
    /// <returns>False once one found no room: it and what follows is left out.</returns>
    public bool TryAddAll(ReadOnlyMemory<byte> batches, RecordCondition? condition = null)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            using var opened = RecordDecompressor.Open(reader.Current, OpenedBytesMax);
            if (!opened.Succeeded)
                continue;
            var records = new RecordReader(reader.Current.Span, opened.Records.Span);
            while (records.MoveNext())
            {
                if (condition?.Invoke(records.Current) != false && !TryAdd(records.Current))
                    return false;
            }
        }
        return true;
    }

    public bool TryAdd(in Record record)
    {
        if (Count >= _countMax || (Count > 0 && _answer.Bytes + MessageItem.SizeMax(record) > _bytesMax))
            return false;
        _answer.Item.Write(_answer.Json, record);
        Count++;
        return true;
    }

    public void End() => _answer.Json.WriteEndArray();
}

/// <summary>Which records are wanted. The record is valid during the call.</summary>
internal delegate bool RecordCondition(in Record record);
