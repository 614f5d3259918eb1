using System.Text;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.DeadLetters;

/// <summary>
/// The header <c>x-death</c>: an array of tables, one for each queue and reason, the latest first. Pure.
/// </summary>
internal static class DeathHistory
{
    private static ReadOnlySpan<byte> Name => "x-death"u8;

    /// <summary>The properties of a dead message with its death told.</summary>
    /// <param name="keepsKeys">It goes on under its own routing keys.</param>
    public static byte[] Add(DeadMessage message, bool keepsKeys)
    {
        BasicProperties.TryRead(message.Properties, out var properties);
        var before = properties.Headers;
        var headers = keepsKeys
            ? PropertyChanges.Without(before, "x-death", "x-last-death-reason", "x-last-death-queue", "x-last-death-exchange")
            : PropertyChanges.Without(before, "x-death", "x-last-death-reason", "x-last-death-queue", "x-last-death-exchange", "CC");
        headers.AddArray("x-death", Deaths(message, properties));
        var exchange = Encoding.UTF8.GetString(message.Exchange);
        if (!FieldTableReader.TryFind(before, "x-first-death-reason"u8, out _))
            headers.Add("x-first-death-reason", message.Reason).Add("x-first-death-queue", message.Queue).Add("x-first-death-exchange", exchange);
        headers.Add("x-last-death-reason", message.Reason).Add("x-last-death-queue", message.Queue).Add("x-last-death-exchange", exchange);
        // It would only expire again.
        properties.Flags &= ~PropertyFlags.Expiration;
        return PropertyChanges.WithHeaders(properties, headers);
    }

    /// <summary>A message that has been in a queue before, and that no client has rejected since, goes round in a circle: there it ends.</summary>
    /// <param name="encodedProperties">With its latest death.</param>
    public static bool IsCircle(ReadOnlySpan<byte> encodedProperties, string queue)
    {
        if (!BasicProperties.TryRead(encodedProperties, out var properties) || !FieldTableReader.TryFind(properties.Headers, Name, out var deaths) || deaths.Type != FieldType.Array)
            return false;
        var items = new FieldArrayReader(deaths.Content);
        while (items.MoveNext())
        {
            if (TextOf(items.Value, "reason"u8) == "rejected")
                return false;
            if (TextOf(items.Value, "queue"u8) == queue)
                return true;
        }
        return false;
    }

    private static FieldWriter Deaths(DeadMessage message, in BasicProperties properties)
    {
        var count = 1L;
        var others = new FieldWriter();
        if (FieldTableReader.TryFind(properties.Headers, Name, out var before) && before.Type == FieldType.Array)
        {
            var items = new FieldArrayReader(before.Content);
            while (items.MoveNext())
            {
                if (items.Value.Type != FieldType.Table)
                    continue;
                if (TextOf(items.Value, "queue"u8) == message.Queue && TextOf(items.Value, "reason"u8) == message.Reason)
                    count += FieldTableReader.TryFind(items.Value.Content, "count"u8, out var earlier) ? earlier.Integer : 0;
                else
                    others.AddItem(FieldType.Table, items.Value.Content);
            }
        }
        var death = new FieldWriter().Add("count", count).Add("reason", message.Reason).Add("queue", message.Queue).AddTimestamp("time", message.DiedAtMs / 1000)
            .Add("exchange", Encoding.UTF8.GetString(message.Exchange)).AddArray("routing-keys", RoutingKeys(message, properties));
        if (message.Reason == "expired" && properties.Has(PropertyFlags.Expiration))
            death.Add("original-expiration", Encoding.UTF8.GetString(properties.Expiration));
        var deaths = new FieldWriter().AddItem(FieldType.Table, death.Written);
        var rest = new FieldArrayReader(others.Written);
        while (rest.MoveNext())
            deaths.AddItem(rest.Value.Type, rest.Value.Content);
        return deaths;
    }

    private static FieldWriter RoutingKeys(DeadMessage message, in BasicProperties properties)
    {
        var keys = new FieldWriter().AddItem(FieldType.LongString, message.RoutingKey);
        if (!FieldTableReader.TryFind(properties.Headers, "CC"u8, out var copies) || copies.Type != FieldType.Array)
            return keys;
        var items = new FieldArrayReader(copies.Content);
        while (items.MoveNext())
            keys.AddItem(items.Value.Type, items.Value.Content);
        return keys;
    }

    private static string? TextOf(in FieldValue table, ReadOnlySpan<byte> name) =>
        table.Type == FieldType.Table && FieldTableReader.TryFind(table.Content, name, out var value) && value.Type == FieldType.LongString
            ? Encoding.UTF8.GetString(value.Content)
            : null;
}
