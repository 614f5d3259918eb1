using System.Buffers;
using System.Text.Json;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>
/// Finds the newest messages of a mailbox that match, in time that depends on how far back they are, not on how much the mailbox holds: looks at its last few records, then at twice as many
/// before them, and so on.
/// </summary>
internal sealed class NewestMessages(int limit, long bytesMax)
{
    /// <summary>Where not every message matches.</summary>
    private const long FirstWindow = 256;

    private readonly List<byte[]> _items = [];
    private readonly MessageItem _item = new();
    private long _bytes;

    private bool IsFull => _items.Count >= limit || _bytes >= bytesMax;

    public async ValueTask<ErrorCode> CollectAsync(
        MailboxStore mailboxes, TopicPartition log, LogOffsets offsets, RecordCondition? condition, CancellationToken cancellationToken)
    {
        var end = offsets.End;
        var window = condition is null ? Math.Min(limit, FirstWindow) : FirstWindow;
        while (end > offsets.Start && !IsFull)
        {
            var start = end.Value - offsets.Start.Value > window ? end + -window : offsets.Start;
            using var pages = new MailboxPages(mailboxes, log, start, end);
            var found = new Queue<byte[]>();
            var foundBytes = 0L;
            var isCutShort = false;
            while (await pages.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                isCutShort |= Take(pages.Current, end, condition, found, ref foundBytes);
            if (pages.Error != ErrorCode.None)
                return pages.Error;
            // The newest first: what the last window found is older than what is there.
            foreach (var item in found.Reverse())
                Add(item);
            if (isCutShort)
                return ErrorCode.None;
            end = start;
            window *= 2;
        }
        return ErrorCode.None;
    }

    public void WriteTo(Mq9Answer answer)
    {
        answer.Json.WriteStartArray("messages"u8);
        for (var index = _items.Count - 1; index >= 0; index--)
            answer.Json.WriteRawValue(_items[index], skipInputValidation: true);
        answer.Json.WriteEndArray();
    }

    private void Add(byte[] item)
    {
        if (IsFull || (_items.Count > 0 && _bytes + item.Length > bytesMax))
        {
            _bytes = bytesMax;
            return;
        }
        _items.Add(item);
        _bytes += item.Length;
    }

    /// <returns>Some were left out because newer ones fill the answer.</returns>
    private bool Take(ReadOnlyMemory<byte> batches, Offset end, RecordCondition? condition, Queue<byte[]> found, ref long foundBytes)
    {
        var isCutShort = false;
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            using var opened = RecordDecompressor.Open(reader.Current, MessageList.OpenedBytesMax);
            if (!opened.Succeeded)
                continue;
            var records = new RecordReader(reader.Current.Span, opened.Records.Span);
            while (records.MoveNext())
            {
                if (records.Current.Offset >= end || condition?.Invoke(records.Current) == false)
                    continue;
                var item = Encode(records.Current);
                found.Enqueue(item);
                foundBytes += item.Length;
                while (found.Count > limit || (found.Count > 1 && foundBytes > bytesMax))
                {
                    isCutShort |= foundBytes > bytesMax;
                    foundBytes -= found.Dequeue().Length;
                }
            }
        }
        return isCutShort;
    }

    private byte[] Encode(in Record record)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        _item.Write(json, record);
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
