using System.Buffers;
using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Amqp.Protocol.Tables;

/// <summary>Encodes the fields of a table, or the values of an array (with empty names), into a buffer that grows. For what is written now and then, not per message.</summary>
public sealed class FieldWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>The fields without the table's length. Valid until the next change.</summary>
    public ReadOnlySpan<byte> Written => _output.WrittenSpan;

    public byte[] ToArray() => _output.WrittenSpan.ToArray();

    public FieldWriter Add(string name, string value) => Begin(name, FieldType.LongString).Long(Encoding.UTF8.GetBytes(value));

    public FieldWriter Add(string name, bool value) => Begin(name, FieldType.Boolean).Octet(value ? (byte)1 : (byte)0);

    public FieldWriter Add(string name, long value) => Begin(name, FieldType.Int64).Int64(value);

    public FieldWriter AddTimestamp(string name, long unixSeconds) => Begin(name, FieldType.Timestamp).Int64(unixSeconds);

    public FieldWriter AddTable(string name, FieldWriter table) => Begin(name, FieldType.Table).Long(table.Written);

    public FieldWriter AddArray(string name, FieldWriter values) => Begin(name, FieldType.Array).Long(values.Written);

    /// <summary>A field as it was read.</summary>
    public FieldWriter Add(ReadOnlySpan<byte> name, in FieldValue value)
    {
        Octet((byte)name.Length);
        _output.Write(name);
        Octet((byte)value.Type);
        if (FieldValue.FixedSize(value.Type) == -2)
            return Long(value.Content);
        _output.Write(value.Content);
        return this;
    }

    /// <summary>A value of an array.</summary>
    public FieldWriter AddItem(FieldType type, ReadOnlySpan<byte> content)
    {
        Octet((byte)type);
        if (FieldValue.FixedSize(type) == -2)
            return Long(content);
        _output.Write(content);
        return this;
    }

    public FieldWriter AddItem(string value) => AddItem(FieldType.LongString, Encoding.UTF8.GetBytes(value));

    private FieldWriter Begin(string name, FieldType type)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Octet(checked((byte)bytes.Length));
        _output.Write(bytes);
        return Octet((byte)type);
    }

    private FieldWriter Octet(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
        return this;
    }

    private FieldWriter Int64(long value)
    {
        WriteInt64BigEndian(_output.GetSpan(sizeof(long)), value);
        _output.Advance(sizeof(long));
        return this;
    }

    private FieldWriter Long(ReadOnlySpan<byte> content)
    {
        WriteUInt32BigEndian(_output.GetSpan(sizeof(uint)), (uint)content.Length);
        _output.Advance(sizeof(uint));
        _output.Write(content);
        return this;
    }
}
