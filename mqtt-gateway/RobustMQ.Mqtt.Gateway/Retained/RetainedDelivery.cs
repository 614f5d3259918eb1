using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Retained;

/// <summary>
/// Gives one client the retained messages of its new subscriptions, one subscription after the other, page by page as fast as the client takes them. It works beside the
/// client's reader, which must go on taking acknowledgements. Called by the reader's thread only.
/// </summary>
internal sealed class RetainedDelivery(RetainedStore store, TimeProvider time, MqttConnection connection)
{
    private volatile bool _isStopped;
    private Task _last = Task.CompletedTask;

    public void Add(MqttSubscription subscription) => _last = DeliverAsync(_last, subscription, from: null);

    /// <summary>Goes on where an earlier connection of the session ended. Before anything is acknowledged on this one.</summary>
    public void Resume(StoredRetained owed)
    {
        connection.Outbound.RestoreRetained(owed.Open);
        _last = ResumeAsync(_last, [.. owed.Open.Select(exchange => (exchange, connection.FindSubscription(exchange.SubscriptionId)))]);
        foreach (var (subscriptionId, from) in owed.Rests)
        {
            if (connection.FindSubscription(subscriptionId) is not { } subscription)
                continue;
            connection.Stored!.Retained.SetRest(subscription, from);
            _last = DeliverAsync(_last, subscription, from);
        }
    }

    /// <summary>The client is gone.</summary>
    public void Stop() => _isStopped = true;

    private async Task ResumeAsync(Task previous, IReadOnlyList<(RetainedExchange Exchange, MqttSubscription? Subscription)> exchanges)
    {
        await previous.ConfigureAwait(false);
        await connection.Stored!.Retained.ResumeAsync(exchanges, store).ConfigureAwait(false);
    }

    private async Task DeliverAsync(Task previous, MqttSubscription subscription, Offset? from)
    {
        await previous.ConfigureAwait(false);
        await store.SettleAsync().ConfigureAwait(false);
        var reader = new RetainedPage(connection, subscription);
        while (!_isStopped && !subscription.IsRemoved)
        {
            await connection.Outbound.WaitForRoomAsync().ConfigureAwait(false);
            using var page = await store.ReadAsync(connection.Client!.Namespace.Name, subscription.Filter, from).ConfigureAwait(false);
            if (page.Error == ErrorCode.OffsetOutOfRange && (from ?? Offset.None) < page.LogStartOffset)
            {
                // Everything up to there has been replaced meanwhile.
                from = page.LogStartOffset;
                continue;
            }
            // No topic yet: nobody has retained anything.
            if (!page.Succeeded)
                return;
            reader.Deliver(page.Batches, time.GetUtcNow().ToUnixTimeMilliseconds());
            from = page.NextOffset >= page.LogEndOffset ? null : page.NextOffset;
            if (reader.Kept.Count > 0 && !await connection.Stored!.Retained.SendAsync(subscription, reader.Kept, from).ConfigureAwait(false))
                return;
            if (from is null)
                break;
        }
        if (connection.Stored is { } stored)
            stored.Retained.SetRest(subscription, from: null);
    }
}
