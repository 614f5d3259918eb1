using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Messages;

/// <summary>Copies of encoded properties with something changed. For what is rare.</summary>
internal static class PropertyChanges
{
    public static byte[] WithHeader(ReadOnlySpan<byte> properties, string name, long value)
    {
        if (!BasicProperties.TryRead(properties, out var read))
            return properties.ToArray();
        var headers = Without(read.Headers, name).Add(name, value);
        return WithHeaders(read, headers);
    }

    public static byte[] WithReplyTo(ReadOnlySpan<byte> properties, ReadOnlySpan<byte> replyTo)
    {
        if (!BasicProperties.TryRead(properties, out var read))
            return properties.ToArray();
        read.ReplyTo = replyTo;
        return read.ToArray();
    }

    public static byte[] WithoutHeader(ReadOnlySpan<byte> properties, string name)
    {
        if (!BasicProperties.TryRead(properties, out var read))
            return properties.ToArray();
        return WithHeaders(read, Without(read.Headers, name));
    }

    public static byte[] WithHeaders(BasicProperties properties, FieldWriter headers)
    {
        var table = headers.Written;
        properties.Headers = table;
        properties.Flags = table.IsEmpty ? properties.Flags & ~PropertyFlags.Headers : properties.Flags | PropertyFlags.Headers;
        return properties.ToArray();
    }

    /// <summary>The fields of a table but some.</summary>
    public static FieldWriter Without(ReadOnlySpan<byte> table, params ReadOnlySpan<string> names)
    {
        var writer = new FieldWriter();
        var reader = new FieldTableReader(table);
        while (reader.MoveNext())
        {
            if (!Contains(names, reader.Name))
                writer.Add(reader.Name, reader.Value);
        }
        return writer;
    }

    private static bool Contains(ReadOnlySpan<string> names, ReadOnlySpan<byte> name)
    {
        foreach (var one in names)
        {
            if (System.Text.Encoding.UTF8.GetByteCount(one) == name.Length && System.Text.Encoding.UTF8.GetString(name) == one)
                return true;
        }
        return false;
    }
}
