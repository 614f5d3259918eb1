using Microsoft.Extensions.Logging;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// Looks after sessions that nobody is connected to: publishes wills whose delay is over, and removes what is left of sessions whose time is. Every gateway does it for all of them,
/// and the log decides who was first; so neither is lost with a gateway.
/// </summary>
internal sealed partial class SessionKeeper(MqttGatewayState gateway, ILogger<SessionKeeper> logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Sessions whose gateway ended without a word have no end in their record; the consumer's own says whether they are over.</summary>
    private const int LookIntervals = 4 * 600;

    private readonly WillPublisher _wills = new(gateway);
    private int _intervals;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, gateway.Time);
        try
        {
            // Wills are their users' to publish.
            await gateway.Users.WaitUntilKnownAsync(cancellationToken).ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                try
                {
                    await KeepAsync(gateway.NowMs).ConfigureAwait(false);
                }
                catch (StorageException error)
                {
                    LogNotKept(logger, error.Code);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async ValueTask KeepAsync(long nowMs)
    {
        var looksAtAll = ++_intervals % LookIntervals == 0;
        foreach (var session in gateway.Sessions.View.All)
        {
            if (session is { Will: { } will, Head: { } head } && will.DueAtMs <= nowMs)
                await PublishAsync(head, will, session.WillOffset).ConfigureAwait(false);
            if (session.Head is not { } ended)
                continue;
            var isOver = ended.EndsAtMs > 0 ? ended.EndsAtMs <= nowMs : looksAtAll && await IsGoneAsync(ended).ConfigureAwait(false);
            if (isOver && await gateway.Sessions.EndAsync(ended).ConfigureAwait(false) is { Will: { } left })
                await _wills.PublishAsync(ended.Name.Namespace, ended.Name.ClientId, left.User, left.Will).ConfigureAwait(false);
        }
    }

    /// <summary>The log takes one gateway's word that the will is gone; that one publishes it, unless the client was back before.</summary>
    private async ValueTask PublishAsync(SessionHead head, StoredWill will, Offset offset)
    {
        var store = gateway.Sessions.Store;
        if (await store.StoreAsync(store.Change(head.Name, offset).Remove(SessionPart.Will)).ConfigureAwait(false) == ErrorCode.None && will.Epoch == head.Epoch)
            await _wills.PublishAsync(head.Name.Namespace, head.Name.ClientId, will.User, will.Will).ConfigureAwait(false);
    }

    private async ValueTask<bool> IsGoneAsync(SessionHead head) =>
        (await gateway.Consumers.GetAsync(head.Name.Consumer).ConfigureAwait(false)).Error == ErrorCode.NotFound;

    [LoggerMessage(Level = LogLevel.Information, Message = "Sessions that are over stay for now: {Error}")]
    private static partial void LogNotKept(ILogger logger, ErrorCode error);
}
