using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol.Frames;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>
/// Reads one connection's requests and has them served one after the other, as Kafka does; only those whose handler says so (produce) overlap. What cannot be
/// understood ends the connection.
/// </summary>
internal sealed partial class KafkaSession(KafkaGatewayState gateway, KafkaConnection connection, PipeReader input, IAnswerOutput output, ILogger logger)
{
    /// <summary>A client that has not logged in sends versions and credentials only.</summary>
    private const int AnonymousRequestBytesMax = 64 << 10;

    /// <param name="stopping">No further request is taken; those that are being served end, long polls at once.</param>
    public async Task RunAsync(CancellationToken closed, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(closed, stopping);
        using var receiver = new FrameReceiver(input, gateway.Memory, gateway.Time, ended.Token);
        var responses = new ResponseQueue(output, connection, () => ended.Cancel());
        var writing = responses.RunAsync();
        try
        {
            while (await receiver.ReceiveAsync(RequestBytesMax, gateway.Options.IdleTimeout).ConfigureAwait(false) is { } frame)
            {
                connection.CountIn(frame.Length);
                if (!await ServeAsync(frame, responses, ended.Token).ConfigureAwait(false))
                    break;
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
        finally
        {
            responses.Complete();
            await writing.ConfigureAwait(false);
        }
    }

    private int RequestBytesMax => connection.Identity is null ? Math.Min(AnonymousRequestBytesMax, gateway.Options.RequestBytesMax) : gateway.Options.RequestBytesMax;

    private async ValueTask<bool> ServeAsync(RequestFrame frame, ResponseQueue responses, CancellationToken aborted)
    {
        if (!TryRenewIdentity())
        {
            frame.Dispose();
            return false;
        }
        if (FindHandler(frame.Memory, out var header) is not { } handler || (connection.Identity is null && !handler.IsOpenToAll))
        {
            LogRefused(logger, connection.Id, header.ApiKey, header.ApiVersion);
            frame.Dispose();
            return false;
        }
        var context = new RequestContext(connection, header, frame.Length, aborted);
        if (connection.Identity is not null)
            context.Throttle = gateway.Quotas.Requested(context);
        var reply = HandleAsync(handler, context, frame.Memory[header.Length..]);
        var sent = await responses.EnqueueAsync(reply, frame).ConfigureAwait(false);
        await (handler.IsPipelined ? context.Begun : sent).ConfigureAwait(false);
        if (context.Throttle > TimeSpan.Zero)
            await Task.Delay(context.Throttle, gateway.Time, aborted).ConfigureAwait(false);
        return !aborted.IsCancellationRequested && !context.EndsConnection;
    }

    /// <summary>What the client's user may do by now. One that is gone keeps its identity for the requests that are still served, and gets no further.</summary>
    private bool TryRenewIdentity()
    {
        if (connection.Identity is not { } identity)
            return true;
        if (gateway.Users.Current(identity) is not { } current)
        {
            LogGone(logger, connection.Id, identity.Name);
            return false;
        }
        connection.Identity = current;
        return true;
    }

    /// <summary>Null where the API, its version or the header is none that is served here.</summary>
    private ApiHandler? FindHandler(ReadOnlyMemory<byte> frame, out RequestHeader header)
    {
        if (!RequestHeader.TryReadFixed(frame, out header) || gateway.Apis.Find(header.ApiKey) is not { } handler)
            return null;
        // ApiVersions alone has an answer to a version that is not its own: the list of those there are.
        if (!handler.Api.Has(header.ApiVersion))
            return handler as ApiVersionsHandler;
        return header.TryReadRest(frame, handler.Api.IsFlexible(header.ApiVersion), out header) ? handler : null;
    }

    private async Task<Reply> HandleAsync(ApiHandler handler, RequestContext context, ReadOnlyMemory<byte> body)
    {
        try
        {
            return await handler.HandleAsync(context, body).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Aborted.IsCancellationRequested)
        {
            return Reply.Close;
        }
        catch (Exception error)
        {
            LogFailed(logger, handler.Api.Key, connection.Id, error);
            return Reply.Close;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connection {Id} ends: API {Key} version {Version} is not served, or not to a client that has not logged in")]
    private static partial void LogRefused(ILogger logger, long id, short key, short version);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connection {Id} ends: user '{user}' is no more")]
    private static partial void LogGone(ILogger logger, long id, string user);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Key} of connection {Id} failed by a fault of the gateway")]
    private static partial void LogFailed(ILogger logger, Protocol.ApiKey key, long id, Exception error);
}
