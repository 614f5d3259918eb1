namespace RobustMQ.Amqp.Protocol.Tables;

/// <summary>Walks the fields of a table. Malformed bytes end the walk; <see cref="IsMalformed"/> tells. Nested tables are walked by readers of their own.</summary>
public ref struct FieldTableReader(ReadOnlySpan<byte> fields)
{
    private AmqpReader _reader = new(fields);
    private FieldValue _value;

    public ReadOnlySpan<byte> Name { get; private set; }

    public readonly FieldValue Value => _value;

    public bool IsMalformed { get; private set; }

    public bool MoveNext()
    {
        if (IsMalformed || _reader.IsAtEnd)
            return false;
        Name = _reader.ReadShortString();
        if (!_reader.IsMalformed && FieldValue.TryRead(ref _reader, out _value))
            return true;
        IsMalformed = true;
        return false;
    }

    /// <summary>First field of that name.</summary>
    public static bool TryFind(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> name, out FieldValue value)
    {
        var reader = new FieldTableReader(fields);
        while (reader.MoveNext())
        {
            if (reader.Name.SequenceEqual(name))
            {
                value = reader.Value;
                return true;
            }
        }
        value = default;
        return false;
    }
}
