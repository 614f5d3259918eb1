using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol.Tables;
using RobustMQ.Records;
using RobustMQ.Records.Logs;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>Where a consumer wants to begin a stream: the argument <c>x-stream-offset</c>. Pure.</summary>
/// <param name="TimeMs">Unix time to begin at; -1: none.</param>
internal readonly record struct StreamOffset(StreamOffset.Place Where, long Number, long TimeMs)
{
    internal enum Place
    {
        Next,
        First,
        Last,
        Offset,
        Time,
    }

    /// <param name="where"><c>queue 'q' in vhost '/'</c>, for errors.</param>
    public static StreamOffset Read(ArgumentTable arguments, string where, long nowMs)
    {
        if (!arguments.TryFind("x-stream-offset", out var value))
            return At(Place.Next);
        if (value.IsInteger && value.Integer >= 0)
            return new StreamOffset(Place.Offset, value.Integer, -1);
        if (value.Type == FieldType.Timestamp)
            return new StreamOffset(Place.Time, 0, Math.Max(0, value.Integer) * 1000);
        var text = arguments.Text("x-stream-offset");
        return text switch
        {
            "first" => At(Place.First),
            "last" => At(Place.Last),
            "next" => At(Place.Next),
            not null when StreamInterval.TryParse(text, out var interval) => new StreamOffset(Place.Time, 0, Math.Max(0, nowMs - (long)interval.TotalMilliseconds)),
            _ => throw AmqpException.Precondition(
                $"invalid arg 'x-stream-offset' for {where}: {{invalid_stream_offset_arg,{{{ArgumentTable.TypeName(value.Type)},{(text is null ? value.Integer : $"<<\"{text}\">>")}}}}}"),
        };
    }

    /// <param name="offsets">Asked with <see cref="TimeMs"/>.</param>
    public Offset Resolve(LogOffsets offsets) => Where switch
    {
        Place.First => offsets.Start,
        Place.Last => offsets.End > offsets.Start ? offsets.End + -1 : offsets.End,
        Place.Offset => new Offset(Math.Clamp(Number, offsets.Start.Value, offsets.End.Value)),
        Place.Time when offsets.AtTime != Offset.None => offsets.AtTime,
        _ => offsets.End,
    };

    private static StreamOffset At(Place place) => new(place, 0, -1);
}
