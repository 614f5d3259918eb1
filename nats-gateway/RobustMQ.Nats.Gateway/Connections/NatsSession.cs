using System.Buffers;
using System.IO.Pipelines;
using RobustMQ.GatewayKit.Connections;
using RobustMQ.Nats.Gateway.Commands;
using RobustMQ.Nats.Gateway.Delivery;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>
/// Reads one client's socket until it ends: takes what has arrived, runs every whole command in it, then flushes once what that wrote to other clients and hands the
/// published batch to the storage-node.
/// </summary>
internal sealed class NatsSession : IDisposable
{
    /// <summary>Most payloads that a read does not bring whole fit, so that they are copied once.</summary>
    private const int SplitFirstBytes = 64 << 10;

    private readonly NatsGatewayState _gateway;
    private readonly PipeReader _input;
    private readonly CommandDispatcher _dispatcher;
    private readonly SplitFrame _split = new(SplitFirstBytes);
    private volatile bool _closing;
    private Task? _pause;

    public NatsSession(NatsGatewayState gateway, NatsConnection connection, PipeReader input)
    {
        _gateway = gateway;
        _input = input;
        Connection = connection;
        Publisher = new PublishPipeline(gateway, connection);
        _dispatcher = new CommandDispatcher(gateway, this);
        connection.CloseRequested = RequestClose;
    }

    public NatsConnection Connection { get; }

    public PublishPipeline Publisher { get; }

    /// <summary>Bounds for this client; its identity may lower them.</summary>
    public NatsParserLimits Limits { get; set; } = new();

    /// <summary>Returns when the client has gone or was closed; never throws for what a client does.</summary>
    public async Task RunAsync()
    {
        try
        {
            await EnterUnaskedAsync().ConfigureAwait(false);
            while (!_closing)
            {
                var read = await _input.ReadAsync().ConfigureAwait(false);
                if (read.IsCanceled || _closing)
                    break;
                Connection.LastActivityAt = _gateway.Now;
                var buffer = read.Buffer;
                do
                {
                    await PauseAsync().ConfigureAwait(false);
                    Process(ref buffer);
                    await EndReadAsync().ConfigureAwait(false);
                }
                while (_pause is not null);
                // What is left is the beginning of a command: everything was looked at.
                _input.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or Microsoft.AspNetCore.Connections.ConnectionResetException)
        {
        }
        finally
        {
            Connection.Close(CloseReason.ClientClosed);
        }
    }

    public void Dispose()
    {
        _split.Dispose();
        Publisher.Dispose();
    }

    /// <summary>Makes the client somebody.</summary>
    /// <returns>False where the account has as many connections as it may.</returns>
    public bool TryEnter(ClientIdentity identity)
    {
        if (!Connection.TryEnter(identity))
            return false;
        Limits = _gateway.LimitsFor(identity);
        // Its user may have changed since it was looked up.
        Connection.Renew(_gateway.Authenticator);
        return true;
    }

    /// <summary>Completes when it is known who may log in; cancelled where the connection is closed before.</summary>
    public Task WhenUsersAreKnownAsync()
    {
        var ready = _gateway.Authenticator.Ready;
        return ready.IsCompleted ? ready : ready.WaitAsync(Publisher.Requests.Gone);
    }

    /// <summary>Who need not log in is somebody from the beginning.</summary>
    private async ValueTask EnterUnaskedAsync()
    {
        if (_gateway.Authenticator.IsRequired)
            return;
        await WhenUsersAreKnownAsync().ConfigureAwait(false);
        if (_gateway.Authenticator.CreateAnonymous() is { } anonymous)
            TryEnter(anonymous);
    }

    /// <summary>No further command runs before this task ends.</summary>
    public void PauseFor(Task task) => _pause = task.IsCompletedSuccessfully ? null : task;

    private Task PauseAsync()
    {
        var pause = _pause;
        _pause = null;
        return pause ?? Task.CompletedTask;
    }

    /// <summary>
    /// Receivers first, for their latency. Only where the client itself waits for an answer the storage-node comes first: a PONG says that what was published before it
    /// is on its way.
    /// </summary>
    private async ValueTask EndReadAsync()
    {
        if (!Connection.HasAnswers)
        {
            Publisher.FlushReceivers();
            await Publisher.HandOverAsync().ConfigureAwait(false);
            return;
        }
        await Publisher.HandOverAsync().ConfigureAwait(false);
        Publisher.FlushReceivers();
        Connection.HasAnswers = false;
        Connection.Outbound.Flush();
    }

    private void RequestClose()
    {
        _closing = true;
        Publisher.Requests.ClientGone();
        _input.CancelPendingRead();
    }

    /// <summary>Runs whole commands and moves the buffer's start behind them.</summary>
    private void Process(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty && !_closing && _pause is null)
        {
            if (_split.IsActive)
            {
                buffer = buffer.Slice(_split.Fill(buffer));
                // The byte behind a payload that is no CR is told as soon as it is there.
                if (_split.BytesMissing > 1)
                    return;
                RunCommands(_split.Bytes, out _);
                if (_split.IsWhole)
                    _split.Clear();
                continue;
            }

            var span = buffer.FirstSpan;
            var consumed = RunCommands(span, out var commandLength);
            buffer = buffer.Slice(consumed);
            if (consumed == span.Length)
                continue;
            if (commandLength > 0)
            {
                // The payload is still arriving: gather it apart, so that the pipe never has to hold it whole.
                _split.Begin(commandLength);
                continue;
            }
            if (buffer.IsSingleSegment || !TryBeginSplitLine(buffer))
                return;
        }
    }

    /// <summary>A control line runs over the end of a segment: find out how long the command is.</summary>
    /// <returns>False where the line is not whole yet.</returns>
    private bool TryBeginSplitLine(in ReadOnlySequence<byte> buffer)
    {
        var lineBytesMax = Limits.ControlLineBytesMax + NatsParser.VerbBytesMax + 2;
        var length = (int)Math.Min(buffer.Length, lineBytesMax);
        var line = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            buffer.Slice(0, length).CopyTo(line);
            var status = NatsParser.TryParse(line.AsSpan(0, length), Limits, out var command);
            switch (status)
            {
                case ParseStatus.Command or ParseStatus.NeedsPayload:
                    // Nothing is gathered for a client that may not send it.
                    if (!_dispatcher.MayBegin(command.Kind, default))
                        return false;
                    _split.Begin(command.TotalLength);
                    return true;
                case ParseStatus.NeedsLine:
                    return false;
                default:
                    _dispatcher.Reject(status, command.Kind, default);
                    return false;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(line);
        }
    }

    /// <returns>Bytes of the commands that ran.</returns>
    /// <param name="commandLength">Bytes of the command that is there in part; 0 where its control line is not whole.</param>
    private int RunCommands(ReadOnlySpan<byte> span, out int commandLength)
    {
        var at = 0;
        commandLength = 0;
        Publisher.BeginSource(span);
        while (at < span.Length && _pause is null)
        {
            var status = NatsParser.TryParse(span[at..], Limits, out var command);
            if (status == ParseStatus.Command)
            {
                if (!_dispatcher.Run(command, span, at))
                    break;
                at += command.TotalLength;
                continue;
            }
            if (status is not (ParseStatus.NeedsPayload or ParseStatus.NeedsLine))
                _dispatcher.Reject(status, command.Kind, span);
            else if (_dispatcher.MayBegin(command.Kind, span))
                commandLength = command.TotalLength;
            break;
        }
        Publisher.EndSource(span);
        return at;
    }
}
