using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.GatewayKit.Connections;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>
/// Reads one client's socket until it ends: takes what has arrived, runs every whole frame in it, then hands what was published to the storage-node and flushes the answers once. A method that
/// has to wait holds up what comes behind it.
/// </summary>
internal sealed class AmqpSession : IDisposable
{
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(3);

    private readonly AmqpGatewayState _gateway;
    private readonly PipeReader _input;
    private readonly SplitFrame _split = new();
    private readonly Handshake _handshake;
    private readonly PublishBrake _brake;
    private AmqpException? _closing;
    private (AmqpChannel? Channel, MethodId Method) _running;
    private Task? _pause;
    private bool _isClosing;
    private bool _isDeaf;
    private bool _isOver;

    public AmqpSession(AmqpGatewayState gateway, AmqpConnection connection, PipeReader input)
    {
        _gateway = gateway;
        _input = input;
        Connection = connection;
        Publisher = new PublishPipeline(gateway, connection);
        _handshake = new Handshake(gateway, connection);
        _brake = new PublishBrake(connection, gateway.Time);
        connection.CloseRequested = RequestClose;
    }

    public AmqpConnection Connection { get; }

    public PublishPipeline Publisher { get; }

    /// <summary>Returns when the client has gone or was closed; never throws for what a client does.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (!_isOver)
            {
                var read = await _input.ReadAsync().ConfigureAwait(false);
                var buffer = read.Buffer;
                try
                {
                    if (read.IsCanceled && Volatile.Read(ref _closing) is { } reason)
                    {
                        if (_isClosing || Connection.Vhost is null)
                            break;
                        // The client has a moment to confirm; the next request to close, or its silence, is the end.
                        await FailAsync(reason).ConfigureAwait(false);
                        Connection.Outbound.Flush();
                        Interlocked.CompareExchange(ref _closing, null, reason);
                    }
                    Connection.Received();
                    do
                    {
                        Process(ref buffer);
                        await EndReadAsync().ConfigureAwait(false);
                    }
                    while (await PauseAsync().ConfigureAwait(false) && !_isOver);
                }
                finally
                {
                    // What is left is the beginning of a frame: everything was looked at. However it ends: what comes after is thrown away, which takes a read of its own.
                    _input.AdvanceTo(buffer.Start, buffer.End);
                }
                if (read.IsCompleted)
                    break;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or Microsoft.AspNetCore.Connections.ConnectionResetException)
        {
        }
    }

    /// <summary>Gives back what channels hold, and deletes exclusive queues. After <see cref="RunAsync"/>.</summary>
    public async Task EndAsync()
    {
        Connection.Outbound.Flush();
        Connection.Outbound.Close();
        await SettleAsync().ConfigureAwait(false);
        await CloseChannelsAsync().ConfigureAwait(false);
        foreach (var name in Connection.ExclusiveQueues)
        {
            if (Connection.Vhost!.Topology.TryGetQueue(name, out var queue) && queue.Spec.Owner == Connection.Owner)
                await _gateway.Queues.DeleteQueueAsync(Connection.Vhost, queue).ConfigureAwait(false);
        }
    }

    /// <summary>What was published goes first, unless the storage-node is away: it stays on its way, and nobody is left who waits for it.</summary>
    private async ValueTask SettleAsync()
    {
        try
        {
            await Publisher.Batches.SettleAsync().AsTask().WaitAsync(SettleTime, _gateway.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
    }

    public void Dispose()
    {
        _split.Dispose();
        Publisher.Dispose();
    }

    /// <summary>Ends a channel, for its client's wish or after an error.</summary>
    public async Task EndChannelAsync(AmqpChannel channel)
    {
        await Publisher.Batches.SettleAsync().ConfigureAwait(false);
        await EndChannelCoreAsync(channel).ConfigureAwait(false);
    }

    private async Task EndChannelCoreAsync(AmqpChannel channel)
    {
        foreach (var queue in await channel.EndAsync().ConfigureAwait(false))
            await _gateway.Queues.DeleteIfUnusedAsync(Connection.Vhost!, queue, []).ConfigureAwait(false);
    }

    private void RequestClose(AmqpException reason)
    {
        Interlocked.CompareExchange(ref _closing, reason, null);
        Connection.BeginEnding();
        _input.CancelPendingRead();
    }

    /// <returns>Whether something had to be waited for: what is left of the buffer can run now.</returns>
    private async ValueTask<bool> PauseAsync()
    {
        if (_pause is not { } pause)
            return false;
        _pause = null;
        try
        {
            await pause.ConfigureAwait(false);
        }
        catch (AmqpException error)
        {
            await FailAsync(error).ConfigureAwait(false);
        }
        return true;
    }

    /// <summary>What was published goes first, then the answers; then a wait for whoever is behind.</summary>
    private async ValueTask EndReadAsync()
    {
        var room = _pause is null ? Publisher.Batches.FlushAsync() : ValueTask.CompletedTask;
        Connection.Outbound.Flush();
        if (!room.IsCompletedSuccessfully || Connection.Outbound.Congestion is not null)
            await HoldBackAsync(room).ConfigureAwait(false);
    }

    private async ValueTask HoldBackAsync(ValueTask room)
    {
        Connection.IsHeldBack = true;
        try
        {
            if (!room.IsCompletedSuccessfully)
                await _brake.WaitAsync(room.AsTask()).ConfigureAwait(false);
            // Who does not take its answers is not asked for more.
            if (Connection.Outbound.Congestion is { } congestion)
                await Task.WhenAny(congestion, Connection.Ending).ConfigureAwait(false);
        }
        finally
        {
            Connection.IsHeldBack = false;
            Connection.Received();
        }
    }

    /// <summary>Runs whole frames and moves the buffer's start behind them.</summary>
    private void Process(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty && !_isOver && _pause is null)
        {
            if (_isDeaf)
            {
                buffer = buffer.Slice(buffer.End);
                return;
            }
            if (_split.IsActive)
            {
                buffer = buffer.Slice(_split.Fill(buffer));
                if (!_split.IsWhole)
                    return;
                RunFrames(_split.Bytes);
                _split.Clear();
                continue;
            }
            var span = buffer.FirstSpan;
            var consumed = RunFrames(span);
            buffer = buffer.Slice(consumed);
            if (consumed == span.Length || _pause is not null || _isOver)
                continue;
            if (buffer.IsSingleSegment && !IsLarge(span[consumed..]))
                return;
            if (!TryBeginSplit(buffer))
                return;
        }
    }

    /// <summary>A frame that the pipe should not have to hold whole.</summary>
    private static bool IsLarge(ReadOnlySpan<byte> rest) => AmqpFrame.AnnouncedBytes(rest) > AmqpFrame.SizeMin;

    private bool TryBeginSplit(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[ProtocolHeader.Size];
        header = header[..(int)Math.Min(buffer.Length, header.Length)];
        buffer.Slice(0, header.Length).CopyTo(header);
        if (_handshake.ExpectsHeader)
        {
            if (header.Length < ProtocolHeader.Size)
                return false;
            _split.Begin(ProtocolHeader.Size);
            return true;
        }
        if (header.Length < AmqpFrame.HeaderSize)
            return false;
        var status = AmqpFrame.TryRead(header, Connection.Outbound.FrameMax, out _);
        if (status != FrameStatus.NeedsMore)
            return false;
        _split.Begin((int)AmqpFrame.AnnouncedBytes(header));
        return true;
    }

    /// <returns>Bytes of the frames that ran.</returns>
    private int RunFrames(ReadOnlySpan<byte> span)
    {
        var at = 0;
        if (_handshake.ExpectsHeader)
        {
            at = _handshake.RunHeader(span);
            _isOver |= at < 0;
            if (at <= 0)
                return 0;
        }
        while (at < span.Length && _pause is null && !_isOver)
        {
            var status = AmqpFrame.TryRead(span[at..], Connection.Outbound.FrameMax, out var frame);
            if (status == FrameStatus.NeedsMore)
                break;
            if (status != FrameStatus.Frame)
            {
                // Nothing behind it can be understood.
                _isDeaf = true;
                _running = default;
                Fail(BadFrame(status, span[at..]));
                return span.Length;
            }
            at += frame.TotalBytes;
            try
            {
                Run(frame);
            }
            catch (AmqpException error)
            {
                Fail(error);
            }
        }
        return _isOver ? span.Length : at;
    }

    private AmqpException BadFrame(FrameStatus status, ReadOnlySpan<byte> rest) => status switch
    {
        FrameStatus.TooLarge => new AmqpException(
            ReplyCode.FrameError, $"type {rest[0]}: {{frame_too_large,{AmqpFrame.AnnouncedBytes(rest) - AmqpFrame.Overhead},{Connection.Outbound.FrameMax - AmqpFrame.Overhead}}}"),
        FrameStatus.BadEnd => new AmqpException(ReplyCode.FrameError, $"type {rest[0]}: {{invalid_frame_end_marker,{rest[(int)AmqpFrame.AnnouncedBytes(rest) - 1]}}}"),
        _ => new AmqpException(ReplyCode.FrameError, $"type {rest[0]}: unknown_frame"),
    };

    private void Run(in AmqpFrame frame)
    {
        _running = default;
        if (frame.Type == FrameType.Heartbeat)
        {
            if (frame.Channel != 0)
                throw new AmqpException(ReplyCode.UnexpectedFrame, "a heartbeat belongs to channel 0");
            return;
        }
        if (frame.Channel == 0)
        {
            RunConnection(frame);
            return;
        }
        if (_isClosing)
            return;
        if (Connection.Vhost is null)
            throw new AmqpException(ReplyCode.ChannelError, "the connection is not open yet");
        Connection.Channels.TryGetValue(frame.Channel, out var channel);
        if (frame.Type == FrameType.Method)
            RunMethod(frame, channel);
        else if (channel is null)
            throw NoMethodBefore();
        else if (!channel.IsClosing)
            RunContent(frame, channel);
    }

    private void RunConnection(in AmqpFrame frame)
    {
        if (frame.Type != FrameType.Method || !MethodFrame.TryRead(frame.Payload, out var method))
            throw new AmqpException(ReplyCode.CommandInvalid, "channel 0 has methods of the connection only");
        _running = (null, method.Id);
        switch (method.Id)
        {
            case MethodId.ConnectionCloseOk:
                _isOver = true;
                break;
            case MethodId.ConnectionClose:
                _pause = CloseAsync();
                break;
            case var _ when _isClosing:
                break;
            case MethodId.ConnectionUpdateSecret when Connection.Vhost is not null:
                _pause = _handshake.UpdateSecretAsync(method.Arguments);
                break;
            default:
                _pause = _handshake.Run(method);
                break;
        }
    }

    private void RunMethod(in AmqpFrame frame, AmqpChannel? channel)
    {
        if (!MethodFrame.TryRead(frame.Payload, out var method))
            throw new AmqpException(ReplyCode.FrameError, "a method frame without a method");
        _running = (channel, method.Id);
        if (channel is null)
        {
            if (method.Id == MethodId.ChannelCloseOk)
                return;
            if (method.Id != MethodId.ChannelOpen)
                throw new AmqpException(ReplyCode.ChannelError, "expected 'channel.open'");
            OpenChannel(frame.Channel, method.Arguments);
            return;
        }
        switch (method.Id)
        {
            case MethodId.ChannelCloseOk:
                if (channel.IsClosing)
                    Connection.Channels.TryRemove(channel.Number, out _);
                return;
            case MethodId.ChannelClose:
                _pause = CloseChannelAsync(channel);
                return;
            case var _ when channel.IsClosing:
                return;
            case MethodId.ChannelOpen:
                throw new AmqpException(ReplyCode.ChannelError, "second 'channel.open' seen");
            case var _ when channel.Content.IsExpected:
                throw new AmqpException(ReplyCode.UnexpectedFrame, $"expected content {(channel.Content.HasHeader ? "body, got non content body" : "header for class 60, got non content header")} frame instead");
        }
        if (_gateway.Methods.Find(method.Id) is not { } handler)
            throw Unknown(method);
        _pause = Unfinished(handler.Run(this, channel, method.Arguments));
    }

    private static AmqpException Unknown(in MethodFrame method) => MethodNames.Of(method.Id) is not null
        ? new AmqpException(ReplyCode.CommandInvalid, "unimplemented method")
        : new AmqpException(ReplyCode.NotImplemented, $"unknown method {method.ClassNumber}.{method.MethodNumber}");

    private void OpenChannel(ushort number, ReadOnlySpan<byte> arguments)
    {
        if (!ChannelOpen.TryRead(arguments, out _))
            throw new AmqpException(ReplyCode.FrameError, "cannot decode the arguments of channel.open");
        if (number > Connection.ChannelMax)
            throw new AmqpException(ReplyCode.NotAllowed, $"channel number {number} is greater than the negotiated maximum of {Connection.ChannelMax}");
        Connection.Channels[number] = new AmqpChannel(number, Connection);
        Connection.Outbound.WriteMethod(number, default(ChannelOpenOk));
    }

    private async Task CloseChannelAsync(AmqpChannel channel)
    {
        if (!channel.IsClosing)
            await EndChannelAsync(channel).ConfigureAwait(false);
        Connection.Channels.TryRemove(channel.Number, out _);
        Connection.Outbound.WriteMethod(channel.Number, default(ChannelCloseOk));
    }

    private void RunContent(in AmqpFrame frame, AmqpChannel channel)
    {
        var content = channel.Content;
        _running = (channel, MethodId.BasicPublish);
        if (content.Address is not { } address)
            throw NoMethodBefore();
        if (frame.Type == FrameType.Header)
        {
            if (content.HasHeader)
                throw new AmqpException(ReplyCode.UnexpectedFrame, "expected content body, got non content body frame instead");
            ReadHeader(frame, content);
            if (content.BodyBytes == 0)
                Publish(channel, address, default);
            return;
        }
        if (!content.HasHeader)
            throw new AmqpException(ReplyCode.UnexpectedFrame, "expected content header for class 60, got non content header frame instead");
        if (frame.Payload.Length > content.Missing)
            throw new AmqpException(ReplyCode.FrameError, "content body frame exceeds remaining content size");
        if (!content.HasBegun && frame.Payload.Length == content.Missing)
        {
            Publish(channel, address, frame.Payload);
            return;
        }
        content.Add(frame.Payload);
        if (content.Missing == 0)
            Publish(channel, address, content.Body);
    }

    private static AmqpException NoMethodBefore() => new(ReplyCode.UnexpectedFrame, "expected method frame, got non method frame instead");

    private void ReadHeader(in AmqpFrame frame, IncomingContent content)
    {
        if (!ContentHeader.TryRead(frame.Payload, out var header))
            throw new AmqpException(ReplyCode.FrameError, "a malformed content header");
        if (header.ClassNumber != ContentHeader.BasicClass)
            throw new AmqpException(ReplyCode.UnexpectedFrame, $"expected content header for class 60, got one for class {header.ClassNumber} instead");
        if (header.BodyBytes > (ulong)_gateway.Options.MessageBytesMax)
        {
            content.Clear();
            throw AmqpException.Precondition($"message size {header.BodyBytes} is larger than configured max size {_gateway.Options.MessageBytesMax}");
        }
        content.SetHeader(header.Properties, (long)header.BodyBytes);
    }

    private void Publish(AmqpChannel channel, PublishAddress address, ReadOnlySpan<byte> body)
    {
        try
        {
            _pause = Unfinished(Publisher.Publish(channel, address, channel.Content.IsMandatory, channel.Content.Properties, body));
        }
        finally
        {
            channel.Content.Clear();
        }
    }

    private static Task? Unfinished(Task? task) => task is { IsCompletedSuccessfully: true } ? null : task;

    private void Fail(AmqpException error)
    {
        var ended = FailAsync(error);
        if (!ended.IsCompletedSuccessfully)
            _pause = ended;
    }

    /// <summary>Tells the client, on the channel or on the connection that the error ends.</summary>
    private Task FailAsync(AmqpException error)
    {
        var (channel, method) = _running;
        var (failingClass, failingMethod) = ((ushort)((uint)method >> 16), (ushort)method);
        var text = TextOf(error);
        if (Connection.Vhost is null)
            return _handshake.Fail(error) ? Ended() : TellConnection();
        if (error.EndsConnection || channel is null)
            return TellConnection();
        channel.IsClosing = true;
        return CloseChannelAfterErrorAsync();

        Task Ended()
        {
            _isOver = true;
            return Task.CompletedTask;
        }

        Task TellConnection()
        {
            if (_isClosing)
                return Ended();
            _isClosing = true;
            Connection.ClosingAt = _gateway.Time.GetTimestamp();
            Connection.Outbound.WriteMethod(0, new ConnectionClose { ReplyCode = (ushort)error.Code, ReplyText = text, FailingClass = failingClass, FailingMethod = failingMethod });
            return CloseChannelsAsync();
        }

        async Task CloseChannelAfterErrorAsync()
        {
            // What was published before the error counts.
            await EndChannelAsync(channel).ConfigureAwait(false);
            Connection.Outbound.WriteMethod(
                channel.Number, new ChannelClose { ReplyCode = (ushort)error.Code, ReplyText = text, FailingClass = failingClass, FailingMethod = failingMethod });
        }
    }

    private async Task CloseAsync()
    {
        await SettleAsync().ConfigureAwait(false);
        await CloseChannelsAsync().ConfigureAwait(false);
        Connection.Outbound.WriteMethod(0, default(ConnectionCloseOk));
        _isOver = true;
    }

    private async Task CloseChannelsAsync()
    {
        foreach (var channel in Connection.Channels.Values)
            await EndChannelCoreAsync(channel).ConfigureAwait(false);
        Connection.Channels.Clear();
    }

    private static byte[] TextOf(AmqpException error)
    {
        var text = Encoding.UTF8.GetBytes(error.Message);
        return text.Length <= AmqpWriter.ShortStringBytesMax ? text : text[..AmqpWriter.ShortStringBytesMax];
    }
}
