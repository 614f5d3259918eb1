using RobustMQ.Mqtt.Gateway.Connections;
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

    public void Add(MqttSubscription subscription) => _last = DeliverAsync(_last, subscription);

    /// <summary>The client is gone.</summary>
    public void Stop() => _isStopped = true;

    private async Task DeliverAsync(Task previous, MqttSubscription subscription)
    {
        await previous.ConfigureAwait(false);
        await store.SettleAsync().ConfigureAwait(false);
        var reader = new RetainedPage(connection, subscription);
        Offset? from = null;
        while (!_isStopped && !subscription.IsRemoved)
        {
            await connection.Outbound.WaitForRoomAsync().ConfigureAwait(false);
            using var page = await store.ReadAsync(connection.Client!.Namespace.Name, subscription.Filter, from).ConfigureAwait(false);
            if (page.Error == ErrorCode.OffsetOutOfRange && from < page.LogStartOffset)
            {
                // Everything up to there has been replaced meanwhile.
                from = page.LogStartOffset;
                continue;
            }
            // No topic yet: nobody has retained anything.
            if (!page.Succeeded)
                return;
            reader.Deliver(page.Batches, time.GetUtcNow().ToUnixTimeMilliseconds());
            from = page.NextOffset;
            if (from >= page.LogEndOffset)
                return;
        }
    }
}
