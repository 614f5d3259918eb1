using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>
/// A client's consumer of a stream: reads the stream's log from where the client wants to begin. Its answers only say that it has room for more; they change nothing in the log, and what was not
/// answered comes to nobody else.
/// </summary>
/// <param name="filter">Null: everything.</param>
internal sealed partial class StreamReader(
    AmqpChannel channel, Queue queue, string tag, int prefetch, StreamOffset start, StreamFilter? filter, ILogClient logs, TimeProvider time) : IQueueConsumer
{
    private const int ReadBytes = 256 << 10;

    private static readonly TimeSpan PollTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryTime = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private readonly StreamProperties _properties = new();
    private readonly Channel<bool> _answered = System.Threading.Channels.Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int _credit = prefetch;
    private Offset _next;
    private Task _run = Task.CompletedTask;
    private int _isDisposed;

    public string Tag { get; } = tag;

    public byte[] TagBytes { get; } = Encoding.UTF8.GetBytes(tag);

    public string MemberName => string.Empty;

    public Queue Queue { get; } = queue;

    public bool NoAck => false;

    public bool IsCancelled { get; private set; }

    /// <summary>Always: nobody waits for its answers.</summary>
    public bool IsIdle => true;

    /// <summary>Finds where it begins.</summary>
    public async ValueTask<ErrorCode> JoinAsync()
    {
        var offsets = await logs.OffsetsAsync(Queue.Own.Log, start.TimeMs).ConfigureAwait(false);
        if (offsets.Error != ErrorCode.None)
            return offsets.Error;
        _next = start.Resolve(offsets);
        Queue.CountStreamReaders(1);
        return ErrorCode.None;
    }

    public void Begin() => _run = RunAsync();

    public void Cancel() => IsCancelled = true;

    public void Sent(DeliveryId delivery)
    {
    }

    public void Release(DeliveryId delivery)
    {
    }

    public void Answer(DeliveryId delivery, AckKind kind, int generation)
    {
        if (Interlocked.Increment(ref _credit) == 1)
            _answered.Writer.TryWrite(true);
    }

    public ValueTask<ErrorCode> SyncAsync() => ValueTask.FromResult(ErrorCode.None);

    public async ValueTask DisposeAsync()
    {
        IsCancelled = true;
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        Queue.CountStreamReaders(-1);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Reads until it is cancelled, or lost: then its client is told, and nobody else has to end it.</summary>
    private async Task RunAsync()
    {
        try
        {
            await FollowAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            LogFailed(channel.Connection.Logger, Queue.Name, error);
        }
        if (IsCancelled)
            return;
        // Not awaited: it waits for this to end. That it reads no more is counted before the client hears of it.
        _ = DisposeAsync().AsTask();
        channel.Lose(this);
    }

    /// <summary>Returns when it is cancelled, or its stream is gone.</summary>
    private async ValueTask FollowAsync()
    {
        while (!IsCancelled)
        {
            using var read = await logs.ReadAsync(
                new ReadRequest { Log = Queue.Own.Log, Offset = _next, MaxBytes = ReadBytes, MaxWait = PollTime }, _stop.Token).ConfigureAwait(false);
            if (read.Error == ErrorCode.NotFound)
                return;
            if (read.Succeeded)
                await SendAsync(read).ConfigureAwait(false);
            else if (read.Error == ErrorCode.OffsetOutOfRange)
                await SkipLostAsync().ConfigureAwait(false);
            else
                await Task.Delay(RetryTime, time, _stop.Token).ConfigureAwait(false);
        }
    }

    private async ValueTask SendAsync(ReadResult read)
    {
        while (!Send(read.Batches))
        {
            channel.Connection.Outbound.Flush();
            await _answered.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
            await WaitForClientAsync().ConfigureAwait(false);
        }
        channel.Connection.Outbound.Flush();
        if (read.NextOffset > _next)
            _next = read.NextOffset;
        await WaitForClientAsync().ConfigureAwait(false);
    }

    /// <summary>A client that takes nothing, whatever its prefetch, has one read of the log on its way and no more.</summary>
    private async ValueTask WaitForClientAsync()
    {
        while (channel.Connection.Outbound.Congestion is { } congestion)
            await congestion.WaitAsync(_stop.Token).ConfigureAwait(false);
    }

    /// <returns>False: the client has to answer something before it gets the rest.</returns>
    private bool Send(ReadOnlyMemory<byte> batches)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            var records = new RecordReader(reader.Current.Span);
            while (records.MoveNext())
            {
                ref readonly var record = ref records.Current;
                if (record.Offset < _next)
                    continue;
                if (IsCancelled)
                    return true;
                var message = OutgoingMessage.Read(record, new DeliveryId(Queue.Own.Log, record.Offset, 1), countsDeliveries: false);
                if (filter?.Matches(message.Properties) != false)
                {
                    if (Volatile.Read(ref _credit) <= 0)
                        return false;
                    Interlocked.Decrement(ref _credit);
                    channel.Deliver(this, message with { Properties = _properties.WithOffset(message.Properties, record.Offset.Value) }, generation: 0);
                }
                _next = record.Offset + 1;
            }
        }
        return true;
    }

    /// <summary>What it wanted to read is so old that it was removed: it goes on with the oldest that there is.</summary>
    private async ValueTask SkipLostAsync()
    {
        var offsets = await logs.OffsetsAsync(Queue.Own.Log, cancellationToken: _stop.Token).ConfigureAwait(false);
        if (offsets.Error == ErrorCode.None)
            _next = offsets.Start > _next ? offsets.Start : offsets.End;
        else
            await Task.Delay(RetryTime, time, _stop.Token).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A consumer of stream {Queue} failed and is cancelled")]
    private static partial void LogFailed(ILogger logger, string queue, Exception error);
}
