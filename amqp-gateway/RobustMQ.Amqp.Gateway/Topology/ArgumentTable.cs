using System.Text;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>The arguments of a declaration or binding, kept as they were encoded. Checked before one is made.</summary>
internal sealed class ArgumentTable(byte[] encoded)
{
    public static ArgumentTable Empty { get; } = new([]);

    /// <summary>A copy of a method's table.</summary>
    /// <exception cref="AmqpException">It is malformed.</exception>
    public static ArgumentTable Read(ReadOnlySpan<byte> table)
    {
        if (table.IsEmpty)
            return Empty;
        return FieldRules.CheckTable(table) == FieldStatus.Valid ? new ArgumentTable(table.ToArray()) : throw new AmqpException(ReplyCode.SyntaxError, "a malformed field table");
    }

    public ReadOnlySpan<byte> Encoded => encoded;

    public bool IsEmpty => encoded.Length == 0;

    public bool TryFind(string name, out FieldValue value) => FieldTableReader.TryFind(encoded, Encoding.UTF8.GetBytes(name), out value);

    /// <summary>Null where there is none, or it is no text.</summary>
    public string? Text(string name) => TryFind(name, out var value) && value.Type == FieldType.LongString ? Encoding.UTF8.GetString(value.Content) : null;

    /// <summary>How RabbitMQ tells a value in the text of an error: <c>the value '5' of type 'signedint'</c>, or <c>none</c>.</summary>
    public string Describe(string name) => TryFind(name, out var value) ? $"the value '{Show(value)}' of type '{TypeName(value.Type)}'" : "none";

    /// <summary>Equal as RabbitMQ compares arguments: integers of any width by their value.</summary>
    public bool SameValue(ArgumentTable other, string name)
    {
        var has = TryFind(name, out var mine);
        if (has != other.TryFind(name, out var theirs))
            return false;
        return !has || (mine.IsInteger && theirs.IsInteger ? mine.Integer == theirs.Integer : mine.Type == theirs.Type && mine.Content.SequenceEqual(theirs.Content));
    }

    public static string TypeName(FieldType type) => type switch
    {
        FieldType.Boolean => "bool",
        FieldType.Int8 => "byte",
        FieldType.UInt8 => "unsignedbyte",
        FieldType.Int16 => "short",
        FieldType.UInt16 => "unsignedshort",
        FieldType.Int32 => "signedint",
        FieldType.UInt32 => "unsignedint",
        FieldType.Int64 or FieldType.LongInt64 => "long",
        FieldType.Float => "float",
        FieldType.Double => "double",
        FieldType.Decimal => "decimal",
        FieldType.LongString => "longstr",
        FieldType.Bytes => "binary",
        FieldType.Array => "array",
        FieldType.Timestamp => "timestamp",
        FieldType.Table => "table",
        _ => "void",
    };

    private static string Show(in FieldValue value) => value.Type switch
    {
        FieldType.LongString => Encoding.UTF8.GetString(value.Content),
        FieldType.Boolean => value.Integer != 0 ? "true" : "false",
        FieldType.Float or FieldType.Double => value.Float.ToString(),
        _ => value.IsInteger || value.Type == FieldType.Timestamp ? value.Integer.ToString() : string.Empty,
    };
}
