using System.Buffers;
using System.Threading.Tasks.Sources;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Appends;

/// <summary>
/// One append from the call to its result, used again for another one afterwards. Every field belongs to <see cref="AppendQueue"/>'s lock, except what the stream's writer
/// touches while <see cref="IsBeingWritten"/>.
/// </summary>
internal sealed class PendingAppend(AppendQueue queue) : IValueTaskSource<AppendResult>
{
    private ManualResetValueTaskSourceCore<AppendResult> _result = new() { RunContinuationsAsynchronously = true };
    private byte[]? _copy;

    public AppendRequest Request;

    public CancellationTokenRegistration Cancellation;

    /// <summary>Grows with every append: the order of one log, and the name of the append on the stream.</summary>
    public ulong Id;

    /// <summary>Timestamp (of the client's clock) that this append was made at.</summary>
    public long MadeAt;

    /// <summary>Position in the lane's sequence; meaningless unless <see cref="IsNumbered"/>.</summary>
    public int Sequence;

    public int RecordCount;

    public AppendState State;

    /// <summary>Was of unknown fate once and has not been judged by the log since: being told "not now" says nothing of the first time.</summary>
    public bool MayBeStored;

    public AppendLane Lane = null!;

    public AppendList? List;

    public PendingAppend? Previous;

    public PendingAppend? Next;

    /// <summary>May be sent again when a connection is lost before its answer came.</summary>
    public bool IsRepeatable;

    /// <summary>Carries this client's producer id, in a copy of the batch.</summary>
    public bool IsNumbered;

    /// <summary>The number changed since the copy was sealed.</summary>
    public bool NeedsSeal;

    /// <summary>The stream's writer has it in hand.</summary>
    public bool IsBeingWritten;

    /// <summary>The caller has its result, or was told that it is not waited for.</summary>
    public bool IsCompleted;

    /// <summary>The caller has taken the result.</summary>
    public bool IsTaken;

    /// <summary>A cancellation may still call back: not to be used again.</summary>
    public bool IsTainted;

    /// <summary>A withdrawal or an end that came while the writer had the bytes.</summary>
    public ErrorCode EndAfterWrite;

    /// <summary>What goes on the stream, filled by the writer and used again.</summary>
    public Proto.AppendStreamRequest.Types.Entry Message { get; } = new() { Append = new Proto.AppendRequest() };

    public int SizeBytes => Request.Batch.Length;

    public short Version => _result.Version;

    /// <summary>The bytes to send: the caller's own, or the numbered copy.</summary>
    public ReadOnlyMemory<byte> Bytes => _copy is null ? Request.Batch : _copy.AsMemory(0, Request.Batch.Length);

    /// <summary>True once the caller's memory is no longer needed.</summary>
    public bool HasCopy => _copy is not null;

    /// <summary>The caller withdraws the append.</summary>
    public void Withdraw() => queue.WithdrawByCaller(this);

    public void Complete(in AppendResult result) => _result.SetResult(result);

    /// <summary>Writes the lane's producer and this append's number into the copy, which is made the first time.</summary>
    public void Seal(long producerId, short epoch)
    {
        if (_copy is null)
        {
            _copy = ArrayPool<byte>.Shared.Rent(SizeBytes);
            Request.Batch.CopyTo(_copy);
        }
        RecordBatchHeader.Assign(_copy.AsSpan(0, SizeBytes), new ProducerState(producerId, epoch, Sequence));
        NeedsSeal = false;
    }

    public void ReleaseCopy()
    {
        if (_copy is not null)
            ArrayPool<byte>.Shared.Return(_copy);
        _copy = null;
    }

    public void Reset()
    {
        ReleaseCopy();
        _result.Reset();
        Request = default;
        Cancellation = default;
        Lane = null!;
        MayBeStored = IsRepeatable = IsNumbered = NeedsSeal = IsBeingWritten = IsCompleted = IsTaken = false;
        EndAfterWrite = ErrorCode.None;
        Message.Append.Batch = Google.Protobuf.ByteString.Empty;
    }

    AppendResult IValueTaskSource<AppendResult>.GetResult(short token)
    {
        var result = _result.GetResult(token);
        queue.Taken(this);
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<AppendResult>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<AppendResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _result.OnCompleted(continuation, state, token, flags);
}
