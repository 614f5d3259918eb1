using System.Buffers;
using System.IO.Pipelines;
using RobustMQ.GatewayKit.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Packets;
using RobustMQ.Mqtt.Gateway.Retained;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>
/// Reads one client's socket until it ends: takes what has arrived, runs every whole packet in it, then flushes once what that wrote to other clients and hands the
/// published batch to the storage-node.
/// </summary>
internal sealed class MqttSession : IDisposable
{
    /// <summary>A CONNECT with the longest will, user name and password that are reasonable; whoever is not let in yet may send no more.</summary>
    private const int ConnectBytesMax = 256 << 10;

    /// <summary>Answers that may wait for storage before the client is read no further: more than any receive maximum that it is told.</summary>
    private const int WaitingAnswersMax = 64 << 10;

    private readonly MqttGatewayState _gateway;
    private readonly ClientTransport _transport;
    private readonly PacketDispatcher _dispatcher;
    private readonly ClientRates? _rates;
    private PublishPipeline? _publisher;
    private SplitFrame? _split;
    private RetainedDelivery? _retained;
    private int _packets;
    private volatile bool _closing;
    private Task? _pause;

    public MqttSession(MqttGatewayState gateway, MqttConnection connection, in ClientTransport transport)
    {
        _gateway = gateway;
        _transport = transport;
        Connection = connection;
        _dispatcher = new PacketDispatcher(gateway, this);
        _rates = ClientRates.Of(gateway.Options, gateway.Time);
        connection.Session = this;
    }

    public MqttConnection Connection { get; }

    /// <summary>There from the first publish on.</summary>
    public PublishPipeline Publisher => _publisher ??= new PublishPipeline(_gateway, Connection);

    /// <summary>An exchange of enhanced authentication that is under way.</summary>
    public Authentication? Authentication { get; set; }

    /// <summary>Client identifier that is this connection's, whether the client was let in or not.</summary>
    public (Namespace Namespace, string ClientId)? ClaimedClientId { get; set; }

    public RetainedDelivery Retained => _retained ??= new RetainedDelivery(_gateway.Retained, _gateway.Time, Connection);

    /// <summary>
    /// Returns when the client has gone or was closed and nothing is left of it; never throws for what a client does. An idle connection keeps this method's memory, so it does the waiting and
    /// nothing else.
    /// </summary>
    public async Task RunAsync()
    {
        try
        {
            while (!_closing)
            {
                var read = await _transport.Pipe.Input.ReadAsync().ConfigureAwait(false);
                if (read.IsCanceled || _closing || await ProcessAsync(read).ConfigureAwait(false))
                    break;
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException or Microsoft.AspNetCore.Connections.ConnectionResetException)
        {
        }
        finally
        {
            await EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Apart from the loop, which waits most of the time: a connection keeps no more memory then than the wait needs.</summary>
    /// <returns>Whether it was the last read.</returns>
    private async ValueTask<bool> ProcessAsync(ReadResult read)
    {
        Connection.LastActivityAt = _gateway.Now;
        var buffer = read.Buffer;
        do
        {
            await PauseAsync().ConfigureAwait(false);
            var unread = buffer.Length;
            Process(ref buffer);
            Connection.Received.AddPackets(_packets, unread - buffer.Length);
            _packets = 0;
            await EndReadAsync().ConfigureAwait(false);
        }
        while (_pause is not null);
        // What is left is the beginning of a packet: everything was looked at.
        _transport.Pipe.Input.AdvanceTo(buffer.Start, buffer.End);
        return read.IsCompleted;
    }

    /// <summary>The client's interest goes, its names are free again, and whoever it left waiting is told, also where its last words could not be stored.</summary>
    private async ValueTask EndAsync()
    {
        Connection.Close(CloseReason.ConnectionLost);
        try
        {
            await LeaveAsync().ConfigureAwait(false);
        }
        finally
        {
            Connection.EndSubscriptions();
            if (ClaimedClientId is { } claimed)
                _gateway.ClientIds.Release(claimed.Namespace, claimed.ClientId, Connection);
            _gateway.Connections.Remove(Connection);
            await _transport.CompleteAsync(Connection.Outbound.WasStuck).ConfigureAwait(false);
            if (Connection is { Version: MqttVersion.V5, CloseReason.Code: not ReasonCode.Success })
                await _transport.LingerAsync(_gateway.Time).ConfigureAwait(false);
            Dispose();
        }
    }

    /// <summary>Publishes the will of a client that did not say goodbye, and puts its session away.</summary>
    private async ValueTask LeaveAsync()
    {
        _retained?.Stop();
        if (Connection.Client?.Will is { } will && Connection.CloseReason != CloseReason.Disconnected)
            await EndWithWillAsync(will).ConfigureAwait(false);
        if (Connection.Stored is { } stored)
            await stored.EndAsync(Connection.CloseReason!, Connection.SessionExpiry).ConfigureAwait(false);
    }

    /// <summary>A will with a delay waits for the client to come back to its session, for no longer than that stays (5.0 section 3.1.3.2.2).</summary>
    private async ValueTask EndWithWillAsync(Will will)
    {
        var client = Connection.Client!;
        var delay = Math.Min(will.DelaySeconds, Connection.SessionExpiry);
        if (delay > 0 && Connection.Stored is { } stored && await _gateway.Sessions.StoreWillAsync(stored.Head, will, client.User.Name, delay).ConfigureAwait(false) != WillOutcome.IsDue)
            return;
        // What the session knows about its user is of before.
        if (Connection.CloseReason is { } reason && (reason == CloseReason.UserGone || reason == CloseReason.UserChanged))
            await new WillPublisher(_gateway).PublishAsync(client.User.Namespace, client.ClientId, client.User.Name, will).ConfigureAwait(false);
        else
            await PublishWillAsync(will).ConfigureAwait(false);
    }

    /// <summary>Publishes in the client's name.</summary>
    public async ValueTask PublishWillAsync(Will will)
    {
        _dispatcher.Publish.RunWill(will);
        Publisher.FlushReceivers();
        await Publisher.HandOverAsync().ConfigureAwait(false);
    }

    /// <summary>At the end of a run; for whoever publishes without one.</summary>
    public void Dispose()
    {
        _split?.Dispose();
        _publisher?.Dispose();
    }

    /// <summary>Publishes that were gathered are delivered before what follows them.</summary>
    public void EndRun(ReadOnlySpan<byte> source) => _publisher?.EndRun(source);

    /// <summary>Answers what was gathered before what follows it.</summary>
    public void Settle() => _publisher?.Settle();

    /// <summary>A new subscription is told what is retained under it. After its SUBACK.</summary>
    public void SendRetained(MqttSubscription subscription)
    {
        _gateway.Sys?.Greet(subscription);
        Retained.Add(subscription);
    }

    /// <summary>No further packet runs before this task ends.</summary>
    public void PauseFor(Task task) => _pause = task.IsCompletedSuccessfully ? null : task;

    private Task PauseAsync()
    {
        var pause = _pause;
        _pause = null;
        return pause ?? Task.CompletedTask;
    }

    /// <summary>Receivers first, for their latency; then the storage-node, the client's own answers, and a wait for whoever is behind.</summary>
    private async ValueTask EndReadAsync()
    {
        _publisher?.FlushReceivers();
        var handOver = _publisher is { } publisher ? publisher.HandOverAsync() : default;
        if (Connection.HasAnswers)
        {
            Connection.HasAnswers = false;
            Connection.Stored?.EndRead();
            Connection.Outbound.Flush();
        }
        await handOver.ConfigureAwait(false);
        if (_rates is not null && _rates.Take(Connection.Received) is var wait && wait > TimeSpan.Zero)
            await HoldAsync(wait).ConfigureAwait(false);
        if (_publisher is { WaitingAnswers: > WaitingAnswersMax })
            await _publisher.Acks.Idle.ConfigureAwait(false);
        // Who does not take its answers is not asked for more.
        if (Connection.Outbound.Congestion is { } congestion)
            await congestion.ConfigureAwait(false);
    }

    /// <summary>A client that is faster than it may be is not read for a while. It is not to blame for its silence.</summary>
    private async ValueTask HoldAsync(TimeSpan wait)
    {
        var step = TimeSpan.FromMilliseconds(500);
        while (wait > TimeSpan.Zero && !_closing)
        {
            await Task.Delay(wait < step ? wait : step, _gateway.Time).ConfigureAwait(false);
            wait -= step;
            Connection.LastActivityAt = _gateway.Now;
        }
    }

    /// <summary>The connection is closed. Any thread.</summary>
    public void EndReading()
    {
        _closing = true;
        _transport.Pipe.Input.CancelPendingRead();
    }

    /// <summary>Runs whole packets and moves the buffer's start behind them.</summary>
    private void Process(ref ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty && !_closing && _pause is null)
        {
            if (_split is { IsActive: true } split)
            {
                buffer = buffer.Slice(split.Fill(buffer));
                if (!split.IsWhole)
                    return;
                RunPackets(split.Bytes, out _);
                split.Clear();
                continue;
            }

            var span = buffer.FirstSpan;
            var consumed = RunPackets(span, out var packetLength);
            buffer = buffer.Slice(consumed);
            if (consumed == span.Length)
                continue;
            if (packetLength > 0)
            {
                // The rest is still arriving: gather it apart, so that the pipe never has to hold it whole.
                BeginSplit(packetLength);
                continue;
            }
            if (buffer.IsSingleSegment || !TryBeginSplitHeader(buffer))
                return;
        }
    }

    /// <summary>A fixed header runs over the end of a segment: find out how long the packet is.</summary>
    /// <returns>False where the header is not whole yet.</returns>
    private bool TryBeginSplitHeader(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> header = stackalloc byte[FrameReader.HeaderBytesMax];
        header = header[..(int)Math.Min(buffer.Length, header.Length)];
        buffer.Slice(0, header.Length).CopyTo(header);
        var status = FrameReader.TryRead(header, PacketBytesMax, out var frame);
        if (status is FrameStatus.Packet or FrameStatus.NeedsBody && _dispatcher.MayBegin(frame.Type))
        {
            BeginSplit(frame.TotalLength);
            return true;
        }
        if (status is FrameStatus.Malformed or FrameStatus.TooLarge)
            _dispatcher.Reject(status);
        return false;
    }

    private void BeginSplit(int packetLength) => (_split ??= new SplitFrame()).Begin(packetLength);

    private int PacketBytesMax => Connection.Client is null ? Math.Min(ConnectBytesMax, _gateway.Options.PacketBytesMax) : _gateway.Options.PacketBytesMax;

    /// <returns>Bytes of the packets that ran.</returns>
    /// <param name="packetLength">Bytes of the packet that is there in part; 0 where its fixed header is not whole.</param>
    private int RunPackets(ReadOnlySpan<byte> span, out int packetLength)
    {
        var at = 0;
        packetLength = 0;
        _publisher?.BeginSource();
        while (at < span.Length && _pause is null && !_closing)
        {
            var status = FrameReader.TryRead(span[at..], PacketBytesMax, out var frame);
            if (status == FrameStatus.Packet)
            {
                _packets++;
                if (!_dispatcher.Run(frame, span, at))
                    break;
                at += frame.TotalLength;
                continue;
            }
            // What precedes the bad input is still delivered.
            EndRun(span);
            if (status is FrameStatus.Malformed or FrameStatus.TooLarge)
                _dispatcher.Reject(status);
            else if (status == FrameStatus.NeedsBody && _dispatcher.MayBegin(frame.Type))
                packetLength = frame.TotalLength;
            break;
        }
        EndRun(span);
        return at;
    }
}
