using System.Text;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>
/// One record of the definitions' topic: a key, and what now stands under it as a field table, or nothing. Keys: <c>x/name</c>, <c>q/name</c>, <c>b/identity</c>.
/// </summary>
internal abstract record TopologyChange(string Key)
{
    public static string ExchangeKey(string name) => "x/" + name;

    public static string QueueKey(string name) => "q/" + name;

    public static string BindingKey(BindingSpec spec) => "b/" + spec.Identity;

    /// <summary>False: it ends with the storage-node's incarnation. What a binding is depends on its ends, with which it goes.</summary>
    public virtual bool IsDurable => true;

    /// <summary>The record's value; null: nothing stands under the key any more.</summary>
    public abstract byte[]? Encode();

    /// <returns>Null where the value cannot be read: it is of a later version.</returns>
    public static TopologyChange? Decode(string key, ReadOnlySpan<byte> value, bool hasValue)
    {
        if (!hasValue)
            return new Removed(key);
        if (FieldRules.CheckTable(value) != FieldStatus.Valid)
            return null;
        var table = new ArgumentTable(value.ToArray());
        return key[0] switch
        {
            'x' => ReadExchange(key, table),
            'q' => ReadQueue(key, table),
            'b' => ReadBinding(key, table),
            _ => null,
        };
    }

    private static ExchangePut? ReadExchange(string key, ArgumentTable table) => ExchangeKinds.TryParse(table.Text("type") ?? string.Empty, out var kind)
        ? new ExchangePut(new ExchangeSpec(key[2..], kind, Flag(table, "durable"), Flag(table, "auto-delete"), Flag(table, "internal"), Nested(table)))
        : null;

    private static QueuePut? ReadQueue(string key, ArgumentTable table)
    {
        var arguments = Nested(table);
        var durable = Flag(table, "durable");
        var autoDelete = Flag(table, "auto-delete");
        var owner = table.Text("owner");
        try
        {
            var policy = QueuePolicy.Read(arguments, key, durable, owner is not null, autoDelete);
            return new QueuePut(new QueueSpec(key[2..], durable, autoDelete, owner, arguments, policy));
        }
        catch (AmqpException)
        {
            return null;
        }
    }

    private static BindingPut? ReadBinding(string key, ArgumentTable table)
    {
        if (table.Text("source") is not { } source || table.Text("destination") is not { } destination || !table.TryFind("key", out var routingKey))
            return null;
        var spec = new BindingSpec(source, destination, Flag(table, "to-queue"), routingKey.Content.ToArray(), Nested(table));
        return new BindingPut(key, spec, table.TryFind("id", out var id) ? (int)id.Integer : 0);
    }

    private static bool Flag(ArgumentTable table, string name) => table.TryFind(name, out var value) && value.Integer != 0;

    private static ArgumentTable Nested(ArgumentTable table) =>
        table.TryFind("arguments", out var value) && value.Type == FieldType.Table && !value.Content.IsEmpty ? new ArgumentTable(value.Content.ToArray()) : ArgumentTable.Empty;

    protected static FieldWriter AddArguments(FieldWriter writer, ArgumentTable arguments) =>
        writer.Add("arguments"u8, new FieldValue(FieldType.Table, arguments.Encoded));
}

internal sealed record ExchangePut(ExchangeSpec Spec) : TopologyChange(ExchangeKey(Spec.Name))
{
    public override bool IsDurable => Spec.Durable;

    public override byte[] Encode() => AddArguments(
        new FieldWriter().Add("type", ExchangeKinds.NameOf(Spec.Kind)).Add("durable", Spec.Durable).Add("auto-delete", Spec.AutoDelete).Add("internal", Spec.Internal),
        Spec.Arguments).ToArray();
}

internal sealed record QueuePut(QueueSpec Spec) : TopologyChange(QueueKey(Spec.Name))
{
    public override bool IsDurable => Spec.Durable;

    public override byte[] Encode()
    {
        var writer = new FieldWriter().Add("durable", Spec.Durable).Add("auto-delete", Spec.AutoDelete);
        if (Spec.Owner is not null)
            writer.Add("owner", Spec.Owner);
        return AddArguments(writer, Spec.Arguments).ToArray();
    }
}

/// <param name="StorageId">Id of the queue's binding in the storage-node; 0 where it needs none.</param>
internal sealed record BindingPut(string Key, BindingSpec Spec, int StorageId) : TopologyChange(Key)
{
    public BindingPut(BindingSpec spec, int storageId)
        : this(BindingKey(spec), spec, storageId)
    {
    }

    public override byte[] Encode() => AddArguments(
        new FieldWriter().Add("source", Spec.Source).Add("destination", Spec.Destination).Add("to-queue", Spec.ToQueue)
            .Add("key"u8, new FieldValue(FieldType.Bytes, Spec.RoutingKey)).Add("id", StorageId),
        Spec.Arguments).ToArray();
}

internal sealed record Removed(string Key) : TopologyChange(Key)
{
    public override byte[]? Encode() => null;
}
