using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Dispatch;
using RobustMQ.Storage.Engines;

namespace RobustMQ.Storage.Consumers.Delivery;

/// <summary>
/// Reads what was handed out and puts it together for each slot: runs of ascending offsets of one log, each stretch of it read once, each record copied once. For one caller; holds pooled
/// buffers until disposed.
/// </summary>
internal sealed class DeliveryAssembler : IDisposable
{
    private const int ReadBytesMax = 1 << 20;
    private const int ReadBytesMin = 4096;

    /// <summary>What a batch and a record cost in the log beyond what is counted of them.</summary>
    private const int RecordOverheadBytes = 96;

    /// <summary>Records that lie further apart are read apart.</summary>
    private const int GapMax = 64;

    /// <summary>Deliveries are sent on at this size.</summary>
    private const int OutputBytes = 256 << 10;

    private readonly PooledBytes _piece = new();
    private readonly OpenedBatch _opened = new();
    private readonly List<SlotOutput> _outputs = [];
    private readonly Stack<SlotOutput> _spare = new();
    private int[] _ids = new int[64];

    /// <summary>Handouts whose records are not in the log any more.</summary>
    public List<Handout> Vanished { get; } = [];

    /// <summary>Handouts whose records have expired.</summary>
    public List<Handout> Expired { get; } = [];

    /// <summary>Handouts whose records cannot be read at present.</summary>
    public List<Handout> Unreadable { get; } = [];

    /// <summary>Delivers everything that was handed out, in that order.</summary>
    public async ValueTask DeliverAsync(List<Handout> handouts, Consumer consumer, long nowMs)
    {
        Vanished.Clear();
        Expired.Clear();
        Unreadable.Clear();
        for (var at = 0; at < handouts.Count;)
        {
            var end = at + 1;
            while (end < handouts.Count && handouts[end].Log == handouts[at].Log && handouts[end].Offset > handouts[end - 1].Offset)
                end++;
            if (consumer.FindLink(handouts[at].Log) is { } link)
                await RunAsync(handouts, at, end, link, nowMs).ConfigureAwait(false);
            else
                Vanished.AddRange(handouts[at..end]);
            at = end;
        }
    }

    public void Dispose()
    {
        _piece.Dispose();
        _opened.Dispose();
        foreach (var output in _spare)
            output.Dispose();
    }

    private async ValueTask RunAsync(List<Handout> handouts, int at, int end, LogLink link, long nowMs)
    {
        try
        {
            while (at < end)
            {
                var (until, bytes) = Stretch(handouts, at, end);
                _piece.Clear();
                var start = link.Partition.Log.StartOffset.Value;
                if (handouts[at].Offset < start)
                {
                    Vanished.Add(handouts[at++]);
                    continue;
                }
                var from = handouts[at].Offset;
                var read = await link.Partition.Settled.ReadAsync(new LogRead { From = new Offset(from), Until = new Offset(until), MaxBytes = bytes }, _piece).ConfigureAwait(false);
                if (read.Error == ErrorCode.OffsetOutOfRange && link.Partition.Log.StartOffset.Value > from)
                    continue;
                if (read.Error is not (ErrorCode.None or ErrorCode.OffsetOutOfRange))
                {
                    Unreadable.AddRange(handouts[at..end]);
                    break;
                }
                Take(handouts, ref at, end, link, nowMs);
                var next = read.Error == ErrorCode.None && read.Bytes > 0 ? Math.Min(read.Next.Value, until) : until;
                while (at < end && handouts[at].Offset < next)
                    Vanished.Add(handouts[at++]);
            }
        }
        catch (StorageException)
        {
            Unreadable.AddRange(handouts[at..end]);
        }
        foreach (var output in _outputs)
        {
            Send(output, link);
            _spare.Push(output);
        }
        _outputs.Clear();
    }

    /// <summary>How far to read at once, and about how much that is.</summary>
    private static (long Until, int Bytes) Stretch(List<Handout> handouts, int at, int end)
    {
        var bytes = (long)ReadBytesMin;
        var last = at;
        for (var i = at; i < end && bytes < ReadBytesMax && (i == at || handouts[i].Offset - handouts[i - 1].Offset <= GapMax); i++)
        {
            bytes += (handouts[i].Bytes + RecordOverheadBytes) * (i == at ? 1 : handouts[i].Offset - handouts[i - 1].Offset);
            last = i;
        }
        return (handouts[last].Offset + 1, (int)Math.Min(bytes, ReadBytesMax));
    }

    private void Take(List<Handout> handouts, ref int at, int end, LogLink link, long nowMs)
    {
        var walker = new BatchWalker(_piece.Span);
        while (at < end && walker.MoveNext())
        {
            var batch = walker.Current;
            var header = new RecordBatchHeader(batch);
            if (header.LastOffset.Value < handouts[at].Offset || !_opened.TryOpen(batch))
                continue;
            var reader = _opened.Read(batch);
            for (var index = 0; at < end && reader.MoveNext(); index++)
            {
                ref readonly var record = ref reader.Current;
                while (at < end && handouts[at].Offset < record.Offset.Value)
                    Vanished.Add(handouts[at++]);
                if (at < end && handouts[at].Offset == record.Offset.Value)
                    Take(handouts[at++], record, index, link, nowMs);
            }
            CloseBatch(batch, header.RecordCount, link);
        }
    }

    private void Take(in Handout handout, in Record record, int index, LogLink link, long nowMs)
    {
        if (StorageHeaders.IsExpired(record, nowMs) || link.Consumer.IsTooOld(record.TimestampMs, nowMs))
        {
            Expired.Add(handout);
            return;
        }
        var output = OutputOf(handout.Slot);
        var first = output.BindingIds.Count;
        var count = link.Consumer.AddBindingIds(link.Progress, record.KeyIsSubject ? record.Key : link.Partition.TopicSubject, handout, output.BindingIds);
        output.Indices.Add(index);
        output.Add(new DeliveryMark(handout.Sequence, handout.DeliveryCount, handout.Note, first, count));
    }

    private void CloseBatch(ReadOnlySpan<byte> batch, int recordCount, LogLink link)
    {
        foreach (var output in _outputs)
        {
            if (output.Indices.Count == 0)
                continue;
            if (output.Indices.Count == recordCount)
                output.Batches.Write(batch);
            else
                BatchSelection.Write(_opened, batch, output.Indices, output.Batches);
            output.Indices.Clear();
            if (output.Batches.Length >= OutputBytes)
                Send(output, link);
        }
    }

    private void Send(SlotOutput output, LogLink link)
    {
        if (!output.IsEmpty)
            link.Consumer.Deliver(output.Slot, output.Take(link.Partition.Name, link.Consumer.WaitingNow, ref _ids));
        output.Clear();
    }

    private SlotOutput OutputOf(int slot)
    {
        foreach (var output in _outputs)
        {
            if (output.Slot == slot)
                return output;
        }
        var fresh = _spare.TryPop(out var spare) ? spare : new SlotOutput();
        fresh.Begin(slot);
        _outputs.Add(fresh);
        return fresh;
    }
}
