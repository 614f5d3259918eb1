using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Live;
using RobustMQ.Storage.Logs;
using RobustMQ.StorageNode.Mapping;
using ErrorCode = RobustMQ.Records.ErrorCode;

namespace RobustMQ.StorageNode.Streams;

/// <summary>
/// One stream of pipelined appends. They are started in the order they come, and answered as they finish, all that finished while an answer was being written in the next
/// one. What is not answered yet is bounded in bytes: past that the stream is read no further.
/// </summary>
internal sealed class AppendSession(LogStore logs, LiveHub live, long windowBytes) : IDisposable
{
    /// <summary>What an unanswered append costs beside its batch, so that a flood of tiny ones is bounded too.</summary>
    private const int EntryBytes = 256;

    /// <summary>A message of appends waits 10 ms at most, as long as nats-server stalls a publisher.</summary>
    private const int SubscriberPausesMax = 10;

    private static readonly TimeSpan SubscriberPause = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly LogNames _names = new();
    private readonly CancellationTokenSource _broken = new();
    private List<FinishedAppend> _finished = [];
    private List<FinishedAppend> _writing = [];
    private IServerStreamWriter<AppendStreamReply> _replies = null!;
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _allAnswered;
    private long _unansweredBytes;
    private bool _isWriting;

    /// <summary>Runs until the caller ends the stream or goes, or the server drains; every append that was read is answered where somebody still listens.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<AppendStreamRequest> requests, IServerStreamWriter<AppendStreamReply> replies, CancellationToken draining, CancellationToken gone)
    {
        _replies = replies;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(draining, gone, _broken.Token);
        try
        {
            while (await requests.MoveNext(ending.Token).ConfigureAwait(false))
            {
                foreach (var entry in requests.Current.Entries)
                    Begin(entry);
                WriteFinished();
                await WaitForRoomAsync(ending.Token).ConfigureAwait(false);
                await WaitForSubscribersAsync(ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (draining.IsCancellationRequested && !gone.IsCancellationRequested)
        {
        }
        await WaitForAnswersAsync().WaitAsync(gone).ConfigureAwait(false);
    }

    public void Dispose() => _broken.Dispose();

    private void Begin(AppendStreamRequest.Types.Entry entry)
    {
        var append = entry.Append;
        var bytes = EntryBytes + (append?.Batch.Length ?? 0);
        lock (_lock)
            _unansweredBytes += bytes;
        ValueTask<AppendResult> result;
        try
        {
            result = append is null || append.Records.Count > 0 || append.Subject.Length > 0
                ? throw new FormatException("the stream takes batches for logs")
                : logs.AppendAsync(LogMapping.FromMessage(append, _names.Parse(append.Log), append.Batch.Memory));
        }
        catch (FormatException)
        {
            result = new(AppendResult.Failed(ErrorCode.InvalidArgument));
        }
        if (result.IsCompletedSuccessfully)
            Finish(new FinishedAppend(entry.Id, result.Result, bytes));
        else
            _ = FinishLaterAsync(entry.Id, result, bytes);
    }

    private async Task FinishLaterAsync(ulong id, ValueTask<AppendResult> append, int bytes)
    {
        AppendResult result;
        try
        {
            result = await append.ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The log says what happened; the caller learns that it cannot know.
            result = AppendResult.Failed(ErrorCode.UnknownOutcome);
        }
        Finish(new FinishedAppend(id, result, bytes));
        WriteFinished();
    }

    private void Finish(in FinishedAppend append)
    {
        lock (_lock)
            _finished.Add(append);
    }

    private void WriteFinished()
    {
        lock (_lock)
        {
            if (_isWriting || _finished.Count == 0)
                return;
            _isWriting = true;
        }
        _ = WriteAsync();
    }

    private async Task WriteAsync()
    {
        var reply = new AppendStreamReply();
        try
        {
            while (TryTakeFinished())
            {
                Fill(reply);
                await _replies.WriteAsync(reply).ConfigureAwait(false);
                Answered();
            }
        }
        catch (Exception error) when (error is IOException or InvalidOperationException or OperationCanceledException or RpcException)
        {
            Break();
        }
    }

    private bool TryTakeFinished()
    {
        lock (_lock)
        {
            if (_finished.Count == 0)
            {
                _isWriting = false;
                return false;
            }
            (_finished, _writing) = (_writing, _finished);
            return true;
        }
    }

    /// <summary>Entries of the last answer are used again.</summary>
    private void Fill(AppendStreamReply reply)
    {
        var entries = reply.Entries;
        while (entries.Count > _writing.Count)
            entries.RemoveAt(entries.Count - 1);
        while (entries.Count < _writing.Count)
            entries.Add(new AppendStreamReply.Types.Entry { Reply = new AppendReply() });
        for (var at = 0; at < _writing.Count; at++)
        {
            entries[at].Id = _writing[at].Id;
            LogMapping.Fill(entries[at].Reply, _writing[at].Result);
        }
    }

    private void Answered()
    {
        var bytes = 0L;
        foreach (var append in _writing)
            bytes += append.Bytes;
        _writing.Clear();
        TaskCompletionSource? room = null, all = null;
        lock (_lock)
        {
            _unansweredBytes -= bytes;
            if (_unansweredBytes <= windowBytes)
                (room, _room) = (_room, null);
            if (_unansweredBytes == 0)
                (all, _allAnswered) = (_allAnswered, null);
        }
        room?.TrySetResult();
        all?.TrySetResult();
    }

    /// <summary>Nobody takes answers any more.</summary>
    private void Break()
    {
        lock (_lock)
        {
            _allAnswered?.TrySetResult();
            _unansweredBytes = 0;
        }
        _broken.Cancel();
    }

    private Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_unansweredBytes <= windowBytes)
                return Task.CompletedTask;
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives subscribers that have fallen behind a moment: a burst then costs its publishers time and nobody messages.</summary>
    private async ValueTask WaitForSubscribersAsync(CancellationToken cancellationToken)
    {
        for (var pause = 0; pause < SubscriberPausesMax && live.IsCongested; pause++)
            await Task.Delay(SubscriberPause, cancellationToken).ConfigureAwait(false);
    }

    private Task WaitForAnswersAsync()
    {
        lock (_lock)
        {
            if (_unansweredBytes == 0)
                return Task.CompletedTask;
            _allAnswered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _allAnswered.Task;
        }
    }

    /// <param name="Bytes">What it took of the window.</param>
    private readonly record struct FinishedAppend(ulong Id, AppendResult Result, int Bytes);
}
