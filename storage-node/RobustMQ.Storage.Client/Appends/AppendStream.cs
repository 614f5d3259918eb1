using Grpc.Core;
using RobustMQ.Storage.Client.Mapping;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Appends;

/// <summary>
/// One connection's stream of appends. Writes as soon as the stream is free, so that what came while a message was written goes together in the next one: an idle stream adds
/// no delay, a busy one sends large messages.
/// </summary>
internal sealed class AppendStream : IDisposable
{
    private readonly AppendQueue _queue;
    private readonly AsyncDuplexStreamingCall<Proto.AppendStreamRequest, Proto.AppendStreamReply> _call;
    private readonly CancellationTokenSource _lifetime;
    private volatile bool _isOver;

    private AppendStream(
        AppendQueue queue, AsyncDuplexStreamingCall<Proto.AppendStreamRequest, Proto.AppendStreamReply> call, CancellationTokenSource lifetime)
    {
        _queue = queue;
        _call = call;
        _lifetime = lifetime;
    }

    /// <summary>Completes when the storage-node has taken the stream.</summary>
    public static async Task<AppendStream> OpenAsync(AppendQueue queue, Proto.LogService.LogServiceClient client, CancellationToken cancellationToken)
    {
        var lifetime = new CancellationTokenSource();
        var call = client.AppendStream(cancellationToken: lifetime.Token);
        var stream = new AppendStream(queue, call, lifetime);
        try
        {
            await call.ResponseHeadersAsync.WaitAsync(cancellationToken).ConfigureAwait(false);
            // An empty message first: from now on a write copies its bytes before it waits for anything.
            await call.RequestStream.WriteAsync(new Proto.AppendStreamRequest(), cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await lifetime.CancelAsync().ConfigureAwait(false);
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Runs until the connection is lost, the storage-node ends the stream, or <paramref name="stop"/>. Nothing touches the stream afterwards.</summary>
    /// <returns>Why it ended; null for a stream that was ended in order.</returns>
    public async Task<Exception?> RunAsync(CancellationToken stop)
    {
        await using var stopping = stop.UnsafeRegister(static stream => ((AppendStream)stream!).End(), this).ConfigureAwait(false);
        var reading = ReadAsync();
        var writing = WriteAsync();
        await Task.WhenAny(reading, writing).ConfigureAwait(false);
        End();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return (reading.Exception ?? writing.Exception)?.InnerException;
    }

    public void Dispose()
    {
        _call.Dispose();
        _lifetime.Dispose();
    }

    private void End()
    {
        _isOver = true;
        _lifetime.Cancel();
        _queue.Work.Set();
    }

    private async Task ReadAsync()
    {
        while (await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            var replies = _call.ResponseStream.Current.Entries;
            for (var at = 0; at < replies.Count; at++)
                _queue.Answer(replies[at].Id, LogMapping.FromMessage(replies[at].Reply));
        }
    }

    private async Task WriteAsync()
    {
        var message = new Proto.AppendStreamRequest();
        var taken = new List<PendingAppend>();
        while (!_isOver)
        {
            if (!_queue.TryTake(taken))
            {
                await _queue.Work.WaitAsync().ConfigureAwait(false);
                continue;
            }
            await Send(message, taken).ConfigureAwait(false);
        }
    }

    /// <summary>The bytes have been copied when this returns; the task is the stream's readiness for more.</summary>
    private Task Send(Proto.AppendStreamRequest message, List<PendingAppend> taken)
    {
        try
        {
            foreach (var append in taken)
            {
                if (append.NeedsSeal)
                    append.Seal(append.Lane.ProducerId, append.Lane.ProducerEpoch);
                append.Message.Id = append.Id;
                LogMapping.Fill(append.Message.Append, append.Lane.Message, append.Request, append.Bytes);
                message.Entries.Add(append.Message);
            }
            return _call.RequestStream.WriteAsync(message);
        }
        finally
        {
            message.Entries.Clear();
            _queue.Written(taken);
            taken.Clear();
        }
    }
}
