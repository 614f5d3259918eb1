using Google.Protobuf;
using RobustMQ.Records.Consumers;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>Deliveries to messages. What every record has alike is left out, as the contract says.</summary>
internal static class DeliveryMapping
{
    /// <summary>Copies the batches: they are valid during a call only.</summary>
    public static Proto.Deliveries ToMessage(in Deliveries deliveries)
    {
        var marks = deliveries.Marks.Span;
        var message = new Proto.Deliveries
        {
            Log = Names.ToMessage(deliveries.Log),
            Batches = ByteString.CopyFrom(deliveries.Batches.Span),
            Records = marks.Length,
            Waiting = deliveries.Waiting,
        };
        var last = 0L;
        var (hasCounts, hasNotes, sameBindings) = (false, false, true);
        var ids = deliveries.BindingIds.Span;
        foreach (ref readonly var mark in marks)
        {
            message.SequenceDeltas.Add(mark.Sequence - last);
            last = mark.Sequence;
            hasCounts |= mark.DeliveryCount != 1;
            hasNotes |= mark.Note != 0;
            sameBindings &= IdsOf(mark, ids).SequenceEqual(IdsOf(marks[0], ids));
        }
        foreach (ref readonly var mark in marks)
        {
            if (hasCounts)
                message.DeliveryCounts.Add(mark.DeliveryCount);
            if (hasNotes)
                message.Notes.Add(mark.Note);
            if (!sameBindings)
                message.BindingCounts.Add(mark.BindingCount);
        }
        for (var i = 0; i < (sameBindings ? Math.Min(1, marks.Length) : marks.Length); i++)
        {
            foreach (var id in IdsOf(marks[i], ids))
                message.BindingIds.Add(id);
        }
        return message;
    }

    private static ReadOnlySpan<int> IdsOf(in DeliveryMark mark, ReadOnlySpan<int> ids) => ids.Slice(mark.FirstBinding, mark.BindingCount);
}
