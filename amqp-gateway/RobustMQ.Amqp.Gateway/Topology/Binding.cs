using System.Text;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>A binding that stands, with what routing needs of it.</summary>
internal sealed class Binding
{
    public Binding(BindingSpec spec, int storageId, Exchange source, IBindingTarget target)
    {
        Spec = spec;
        StorageId = storageId;
        Source = source;
        Target = target;
        Weight = int.TryParse(Encoding.UTF8.GetString(spec.RoutingKey), out var weight) ? Math.Clamp(weight, 0, WeightMax) : 0;
        HeaderMatch = HeaderMatch.Read(spec.Arguments);
    }

    /// <summary>Buckets of one binding of a consistent-hash exchange.</summary>
    private const int WeightMax = 1000;

    public BindingSpec Spec { get; }

    /// <summary>Id of the queue's binding in the storage-node.</summary>
    public int StorageId { get; }

    public Exchange Source { get; }

    public IBindingTarget Target { get; }

    /// <summary>Of a consistent-hash exchange: its routing key is a number.</summary>
    public int Weight { get; }

    public HeaderMatch HeaderMatch { get; }
}

/// <summary>What a binding leads to: a <see cref="Queue"/> or an <see cref="Exchange"/>.</summary>
internal interface IBindingTarget
{
    string Name { get; }

    /// <summary>Bindings that lead here.</summary>
    HashSet<Binding> Incoming { get; }
}

/// <summary>A headers exchange's condition: the binding's arguments.</summary>
internal readonly struct HeaderMatch(ArgumentTable wanted, bool isAny, bool withReserved)
{
    private static ReadOnlySpan<byte> MatchName => "x-match"u8;

    public static HeaderMatch Read(ArgumentTable arguments)
    {
        var kind = arguments.Text("x-match");
        return new HeaderMatch(arguments, kind is "any" or "any-with-x", kind is "all-with-x" or "any-with-x");
    }

    /// <param name="headers">Of the message, checked.</param>
    public bool Matches(ReadOnlySpan<byte> headers)
    {
        var reader = new FieldTableReader(wanted.Encoded);
        var matched = !isAny;
        var count = 0;
        while (reader.MoveNext())
        {
            if (reader.Name.SequenceEqual(MatchName) || (!withReserved && reader.Name.StartsWith("x-"u8)))
                continue;
            count++;
            var isEqual = FieldTableReader.TryFind(headers, reader.Name, out var value) && Equal(reader.Value, value);
            if (isEqual && isAny)
                return true;
            matched &= isEqual;
        }
        return matched || (isAny && count == 0);
    }

    /// <summary>A value of none asks for the header's presence.</summary>
    private static bool Equal(in FieldValue wanted, in FieldValue value)
    {
        if (wanted.Type == FieldType.Void)
            return true;
        if (wanted.IsInteger && value.IsInteger)
            return wanted.Integer == value.Integer;
        return wanted.Type == value.Type && wanted.Content.SequenceEqual(value.Content);
    }
}
