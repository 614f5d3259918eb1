using RobustMQ.Records;
using RobustMQ.Records.Logs;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>Reads a log in offset order, page by page, up to where it ends now.</summary>
/// <param name="until">Not beyond this offset; null: to the end. The last page may hold records behind it.</param>
internal sealed class MailboxPages(MailboxStore mailboxes, TopicPartition log, Offset from, Offset? until = null) : IDisposable
{
    private ReadResult? _page;
    private Offset _next = from;

    public ReadOnlyMemory<byte> Current => _page?.Batches ?? default;

    /// <summary>Where to read on later.</summary>
    public Offset Next => _next;

    public ErrorCode Error { get; private set; }

    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        _page?.Dispose();
        _page = null;
        if (until is { } end && _next >= end)
            return false;
        var page = await mailboxes.ReadAsync(new ReadRequest { Log = log, Offset = _next }, cancellationToken).ConfigureAwait(false);
        _page = page;
        Error = page.Error;
        if (!page.Succeeded || page.Batches.IsEmpty)
            return false;
        _next = page.NextOffset;
        return true;
    }

    public void Dispose()
    {
        _page?.Dispose();
        _page = null;
    }
}
