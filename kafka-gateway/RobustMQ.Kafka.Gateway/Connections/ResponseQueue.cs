using System.Threading.Channels;
using RobustMQ.Kafka.Gateway.Requests;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>
/// Answers of one connection, written in the order of their requests whatever the order in which they are ready; what is ready together goes out in one flush. A client
/// that does not take its answers holds up its own requests only.
/// </summary>
/// <param name="end">Called when nothing can be written any more: the connection is to end.</param>
internal sealed class ResponseQueue(IAnswerOutput output, KafkaConnection connection, Action end)
{
    /// <summary>Requests of one connection that may wait for their answers: more than any client keeps in flight by default.</summary>
    private const int PendingMax = 256;

    private readonly Channel<PendingReply> _pending = Channel.CreateBounded<PendingReply>(
        new BoundedChannelOptions(PendingMax) { SingleReader = true, SingleWriter = true });

    private bool _isOpen = true;

    /// <param name="reply">Of the request in <paramref name="frame"/>, which lives as long as it. Never fails.</param>
    /// <returns>Completes when the answer is written and flushed, or dropped.</returns>
    public async ValueTask<Task> EnqueueAsync(Task<Reply> reply, RequestFrame frame)
    {
        var pending = new PendingReply(reply, frame);
        await _pending.Writer.WriteAsync(pending).ConfigureAwait(false);
        return pending.Sent.Task;
    }

    public void Complete() => _pending.Writer.TryComplete();

    /// <summary>Writes until <see cref="Complete"/>. Every pending request is waited for, even when nobody wants its answer: its frame is in use until then.</summary>
    public async Task RunAsync()
    {
        var written = new List<PendingReply>();
        while (await _pending.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_pending.Reader.TryRead(out var pending))
            {
                if (!pending.Reply.IsCompleted)
                    await FlushAsync(written).ConfigureAwait(false);
                written.Add(pending);
                await WriteAsync(pending).ConfigureAwait(false);
            }
            await FlushAsync(written).ConfigureAwait(false);
        }
    }

    private async ValueTask WriteAsync(PendingReply pending)
    {
        var reply = await pending.Reply.ConfigureAwait(false);
        if (ReferenceEquals(reply, Reply.Close))
            End();
        if (!_isOpen)
            return;
        try
        {
            connection.CountOut(reply.Write(output));
        }
        catch (InvalidOperationException)
        {
            // Too large for a frame: nobody could be told.
            End();
        }
    }

    /// <summary>Sends what was written; what it lay in is free after that.</summary>
    private async ValueTask FlushAsync(List<PendingReply> written)
    {
        if (written.Count == 0)
            return;
        try
        {
            if (_isOpen && !await output.FlushAsync().ConfigureAwait(false))
                End();
        }
        finally
        {
            foreach (var pending in written)
            {
                (await pending.Reply.ConfigureAwait(false)).Release();
                pending.Frame.Dispose();
                pending.Sent.TrySetResult();
            }
            written.Clear();
        }
    }

    private void End()
    {
        _isOpen = false;
        end();
    }

    private sealed record PendingReply(Task<Reply> Reply, RequestFrame Frame)
    {
        public TaskCompletionSource Sent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
