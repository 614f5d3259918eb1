using System.Buffers.Text;
using System.Text;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Publishing;

/// <summary>What of a message's properties the gateway acts on.</summary>
internal readonly struct MessageFacts
{
    public const string BlindCopies = "BCC";

    private static ReadOnlySpan<byte> Copies => "CC"u8;

    public bool IsPersistent { get; private init; }

    public int Priority { get; private init; }

    /// <summary>-1: none.</summary>
    public long ExpirationMs { get; private init; }

    /// <summary>The headers name further routing keys.</summary>
    public bool HasOtherKeys { get; private init; }

    /// <summary>Replies go to the channel itself, without a queue.</summary>
    public bool AsksForReply { get; private init; }

    public long ExpiresAtMs(long nowMs) => ExpirationMs < 0 ? 0 : nowMs + Math.Max(ExpirationMs, 1);

    /// <summary>Checks encoded properties.</summary>
    /// <exception cref="AmqpException">They are malformed, or say what they may not.</exception>
    public static MessageFacts Read(ReadOnlySpan<byte> encoded, AmqpConnection connection)
    {
        if (encoded.Length == sizeof(ushort) && encoded[0] == 0 && encoded[1] == 0)
            return new MessageFacts { ExpirationMs = -1 };
        if (!BasicProperties.TryRead(encoded, out var properties))
            throw new AmqpException(ReplyCode.FrameError, "malformed properties");
        var hasOtherKeys = false;
        if (properties.Has(PropertyFlags.Headers))
        {
            if (FieldRules.CheckTable(properties.Headers) != FieldStatus.Valid)
                throw new AmqpException(ReplyCode.SyntaxError, "malformed headers");
            hasOtherKeys = CheckKeys(properties.Headers, Copies) | CheckKeys(properties.Headers, "BCC"u8);
        }
        if (properties.Has(PropertyFlags.UserId) && !properties.UserId.SequenceEqual(Encoding.UTF8.GetBytes(connection.UserName)))
            throw AmqpException.Precondition($"user_id property set to '{Encoding.UTF8.GetString(properties.UserId)}' but authenticated user was '{connection.UserName}'");
        return new MessageFacts
        {
            IsPersistent = properties.IsPersistent,
            Priority = properties.Has(PropertyFlags.Priority) ? properties.Priority : 0,
            ExpirationMs = properties.Has(PropertyFlags.Expiration) ? ReadExpiration(properties.Expiration) : -1,
            HasOtherKeys = hasOtherKeys,
            AsksForReply = properties.ReplyTo.SequenceEqual(DirectReplies.Name),
        };
    }

    /// <summary>Fills in the further routing keys.</summary>
    public static void ReadOtherKeys(ReadOnlySpan<byte> encoded, List<byte[]> keys)
    {
        keys.Clear();
        BasicProperties.TryRead(encoded, out var properties);
        AddKeys(properties.Headers, Copies, keys);
        AddKeys(properties.Headers, "BCC"u8, keys);
    }

    /// <summary>Adds the routing keys of the header <c>CC</c>.</summary>
    public static void ReadCopies(ReadOnlySpan<byte> headers, List<byte[]> keys) => AddKeys(headers, Copies, keys);

    private static long ReadExpiration(ReadOnlySpan<byte> text)
    {
        if (Utf8Parser.TryParse(text, out long milliseconds, out var length) && length == text.Length && milliseconds is >= 0 and <= uint.MaxValue)
            return milliseconds;
        var why = !Utf8Parser.TryParse(text, out milliseconds, out length) || length < text.Length ? "no_integer" : milliseconds < 0 ? $"{{value_negative,{milliseconds}}}" : $"{{value_too_big,{milliseconds}}}";
        throw AmqpException.Precondition($"invalid expiration '{Encoding.UTF8.GetString(text)}': {why}");
    }

    private static bool CheckKeys(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> name)
    {
        if (!FieldTableReader.TryFind(headers, name, out var value))
            return false;
        return value.Type == FieldType.Array
            ? true
            : throw AmqpException.Precondition($"invalid message: {{unacceptable_type_in_header,\"{Encoding.UTF8.GetString(name)}\",{ArgumentTable.TypeName(value.Type)}}}");
    }

    private static void AddKeys(ReadOnlySpan<byte> headers, ReadOnlySpan<byte> name, List<byte[]> keys)
    {
        if (!FieldTableReader.TryFind(headers, name, out var value))
            return;
        var items = new FieldArrayReader(value.Content);
        while (items.MoveNext())
        {
            if (items.Value.Type == FieldType.LongString)
                keys.Add(items.Value.Content.ToArray());
        }
    }
}
