namespace RobustMQ.Amqp.Protocol.Tables;

/// <summary>Whether tables are whole, however deep they go.</summary>
public static class FieldRules
{
    /// <summary>Tables and arrays within each other. Real ones have two or three levels (x-death has two); without a bound a frame could nest ten thousand and exhaust the stack.</summary>
    public const int DepthMax = 32;

    /// <param name="fields">Without the table's length.</param>
    public static FieldStatus CheckTable(ReadOnlySpan<byte> fields) => CheckTable(fields, 1);

    private static FieldStatus CheckTable(ReadOnlySpan<byte> fields, int depth)
    {
        var reader = new FieldTableReader(fields);
        while (reader.MoveNext())
        {
            if (CheckValue(reader.Value, depth) is not FieldStatus.Valid and var status)
                return status;
        }
        return reader.IsMalformed ? FieldStatus.Malformed : FieldStatus.Valid;
    }

    private static FieldStatus CheckArray(ReadOnlySpan<byte> values, int depth)
    {
        var reader = new FieldArrayReader(values);
        while (reader.MoveNext())
        {
            if (CheckValue(reader.Value, depth) is not FieldStatus.Valid and var status)
                return status;
        }
        return reader.IsMalformed ? FieldStatus.Malformed : FieldStatus.Valid;
    }

    private static FieldStatus CheckValue(in FieldValue value, int depth)
    {
        if (value.Type is not (FieldType.Table or FieldType.Array))
            return FieldStatus.Valid;
        if (depth == DepthMax)
            return FieldStatus.TooDeep;
        return value.Type == FieldType.Table ? CheckTable(value.Content, depth + 1) : CheckArray(value.Content, depth + 1);
    }
}

/// <summary>Outcome of <see cref="FieldRules.CheckTable"/>.</summary>
public enum FieldStatus
{
    Valid = 0,

    /// <summary>A length that leads out of the table, or a type that is none.</summary>
    Malformed = 1,

    /// <summary>More levels than <see cref="FieldRules.DepthMax"/>.</summary>
    TooDeep = 2,
}
