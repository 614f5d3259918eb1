namespace RobustMQ.Amqp.Protocol.Tables;

/// <summary>Walks the values of an array. Malformed bytes end the walk; <see cref="IsMalformed"/> tells.</summary>
public ref struct FieldArrayReader(ReadOnlySpan<byte> values)
{
    private AmqpReader _reader = new(values);
    private FieldValue _value;

    public readonly FieldValue Value => _value;

    public bool IsMalformed { get; private set; }

    public bool MoveNext()
    {
        if (IsMalformed || _reader.IsAtEnd)
            return false;
        if (FieldValue.TryRead(ref _reader, out _value))
            return true;
        IsMalformed = true;
        return false;
    }
}
