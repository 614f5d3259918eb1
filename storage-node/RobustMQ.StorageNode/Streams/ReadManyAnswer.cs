using Google.Protobuf;
using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Logs.Reads;
using RobustMQ.StorageNode.Mapping;

namespace RobustMQ.StorageNode.Streams;

/// <summary>
/// Answers the reads of one stream, one after the other. Results gather until a message is worth sending; their memory goes back when it was, so a caller that does not take
/// its answer holds that much here and no more.
/// </summary>
internal sealed class ReadManyAnswer(IServerStreamWriter<ReadManyReply> replies) : IManyReadOutput, IDisposable
{
    /// <summary>Beyond 64 KiB a message's own cost no longer shows; small enough that one part is sent while the next is read.</summary>
    private const int MessageBytes = 256 << 10;

    /// <summary>Of an entry beside its batches, at most.</summary>
    private const int EntryBytes = 60;

    /// <summary>Of an aborted transaction, at most.</summary>
    private const int AbortedBytes = 24;

    private const int KeptEntriesMax = 4096;

    private readonly ReadManyReply _message = new();
    private readonly List<ReadManyReply.Types.Entry> _unused = [];
    private readonly List<ReadResult> _results = [];
    private int _index;
    private int _bytes;

    public async ValueTask TakeAsync(ReadResult result)
    {
        _results.Add(result);
        var entry = TakeEntry();
        entry.Index = _index++;
        entry.Error = Errors.ToMessage(result.Error);
        entry.Batches = result.Batches.IsEmpty ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(result.Batches);
        entry.NextOffset = result.NextOffset.Value;
        entry.LogStartOffset = result.LogStartOffset.Value;
        entry.LogEndOffset = result.LogEndOffset.Value;
        entry.StableEndOffset = result.StableEndOffset.Value;
        entry.Aborted.Clear();
        foreach (var (producerId, first) in result.Aborted)
            entry.Aborted.Add(new ReadManyReply.Types.AbortedTransaction { ProducerId = producerId, FirstOffset = first.Value });
        _message.Entries.Add(entry);
        _bytes += EntryBytes + result.Batches.Length + (result.Aborted.Count * AbortedBytes);
        if (_bytes >= MessageBytes)
            await SendAsync().ConfigureAwait(false);
    }

    /// <summary>Every log of the read was taken.</summary>
    public async ValueTask EndAsync()
    {
        _message.Last = true;
        await SendAsync().ConfigureAwait(false);
        _message.Last = false;
        _index = 0;
    }

    public void Dispose() => Forget();

    private async ValueTask SendAsync()
    {
        await replies.WriteAsync(_message).ConfigureAwait(false);
        Forget();
    }

    private void Forget()
    {
        foreach (var entry in _message.Entries)
            entry.Batches = ByteString.Empty;
        if (_unused.Count < KeptEntriesMax)
            _unused.AddRange(_message.Entries);
        _message.Entries.Clear();
        foreach (var result in _results)
            result.Dispose();
        _results.Clear();
        _bytes = 0;
    }

    private ReadManyReply.Types.Entry TakeEntry()
    {
        if (_unused.Count == 0)
            return new ReadManyReply.Types.Entry();
        var entry = _unused[^1];
        _unused.RemoveAt(_unused.Count - 1);
        return entry;
    }
}
