using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>
/// Which messages of a stream a consumer wants, by the value that their publishers gave them in the header <c>x-stream-filter-value</c>: the arguments <c>x-stream-filter</c> (a text, or several) and
/// <c>x-stream-match-unfiltered</c> (also those without a value). Exact: nothing else comes, though clients written for RabbitMQ, which filters coarsely, look again. Pure.
/// </summary>
internal sealed class StreamFilter(IReadOnlyList<byte[]> values, bool matchesUnfiltered)
{
    private static ReadOnlySpan<byte> ValueName => "x-stream-filter-value"u8;

    /// <returns>Null: the consumer wants everything. What is no text is ignored, as by RabbitMQ.</returns>
    public static StreamFilter? Read(ArgumentTable arguments)
    {
        if (!arguments.TryFind("x-stream-filter", out var filter) || filter.Type is not (FieldType.LongString or FieldType.Array))
            return null;
        var values = new List<byte[]>();
        if (filter.Type == FieldType.LongString)
        {
            values.Add(filter.Content.ToArray());
        }
        else
        {
            var items = new FieldArrayReader(filter.Content);
            while (items.MoveNext())
            {
                if (items.Value.Type == FieldType.LongString)
                    values.Add(items.Value.Content.ToArray());
            }
        }
        var matchesUnfiltered = arguments.TryFind("x-stream-match-unfiltered", out var match) && match.Type == FieldType.Boolean && match.Integer != 0;
        return new StreamFilter(values, matchesUnfiltered);
    }

    /// <param name="properties">Of the message, encoded.</param>
    public bool Matches(ReadOnlySpan<byte> properties)
    {
        if (!BasicProperties.TryRead(properties, out var read) || !FieldTableReader.TryFind(read.Headers, ValueName, out var value) || value.Type != FieldType.LongString)
            return matchesUnfiltered;
        foreach (var wanted in values)
        {
            if (value.Content.SequenceEqual(wanted))
                return true;
        }
        return false;
    }
}
