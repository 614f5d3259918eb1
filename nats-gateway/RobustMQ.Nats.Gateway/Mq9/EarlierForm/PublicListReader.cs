using System.Buffers.Text;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary>Reads the list of public mailboxes from its beginning, and then what is added, a page at a time: there may be any number of them.</summary>
internal sealed class PublicListReader(KeyedTopic topic, Namespace ns)
{
    private Offset _next = Offset.None;

    /// <summary>Everything that was there when the last page was read has been read.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Reads one page on; answers with nothing where nothing came within the wait.</summary>
    public async ValueTask<ErrorCode> ReadAsync(List<PublicMailbox> found, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        if (_next == Offset.None)
        {
            var offsets = await topic.OffsetsAsync(ns, cancellationToken).ConfigureAwait(false);
            // The list comes into being with its first entry.
            if (offsets.Error != ErrorCode.None)
                return offsets.Error;
            _next = offsets.Start;
        }
        using var page = await topic.ReadAsync(ns, _next, maxWait, cancellationToken).ConfigureAwait(false);
        if (page.Error == ErrorCode.OffsetOutOfRange)
            _next = Offset.None;
        if (!page.Succeeded)
            return page.Error;
        _next = page.NextOffset;
        IsAtEnd = _next >= page.LogEndOffset;
        Take(page.Batches, found);
        return ErrorCode.None;
    }

    private static void Take(ReadOnlyMemory<byte> batches, List<PublicMailbox> found)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            var records = new RecordReader(reader.Current.Span);
            while (records.MoveNext())
            {
                var expiresAtMs = records.Current.Headers.TryGet(RecordHeaderNames.ExpiresAt, out var text) && Utf8Parser.TryParse(text, out long ms, out _) ? ms : 0;
                if (records.Current.HasValue && PublicMailbox.Decode(records.Current.Key, records.Current.Value, expiresAtMs) is { } mailbox)
                    found.Add(mailbox);
            }
        }
    }
}
