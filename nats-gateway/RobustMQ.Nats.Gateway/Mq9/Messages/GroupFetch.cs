using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>
/// A FETCH of a group, whose progress a consumer in the storage-node keeps: in priority order, acknowledged cumulatively. What was fetched and not acknowledged comes again with the next
/// FETCH. A group that begins with a lease is one of competing workers: what is leased to one is not given to another, and each message is acknowledged by itself.
/// </summary>
/// <param name="bytesMax">Of an answer.</param>
internal sealed class GroupFetch(IConsumerClient consumers, long bytesMax)
{
    public async ValueTask RunAsync(Mq9Call call, FetchOptions options, string group)
    {
        var consumer = new ConsumerRef(call.Namespace, MailboxNames.ConsumerOf(call.Argument, group));
        var refusal = await PrepareAsync(call, consumer, options).ConfigureAwait(false);
        if (refusal is null)
        {
            var error = await FetchAsync(call, consumer, options).ConfigureAwait(false);
            if (error == ErrorCode.NotFound)
            {
                error = await CreateAsync(call, consumer, options).ConfigureAwait(false);
                if (error == ErrorCode.None)
                    error = await FetchAsync(call, consumer, options).ConfigureAwait(false);
            }
            refusal = error switch
            {
                ErrorCode.None => null,
                ErrorCode.Unsupported => Mq9Errors.NoGroups,
                _ => Mq9Errors.Storage(error, call.Argument),
            };
        }
        if (refusal is not null)
            call.Answer.Fail(refusal);
    }

    /// <summary>Moves the group where <c>deliver</c> counts although it exists, and looks whether a lease means something to it.</summary>
    /// <returns>An error for the client; null: none.</returns>
    private async ValueTask<string?> PrepareAsync(Mq9Call call, ConsumerRef consumer, FetchOptions options)
    {
        var isDefaultGroup = options.Group!.Length == 0;
        if (!isDefaultGroup && !options.ForceDeliver && options.Lease is null)
            return null;
        var present = await consumers.GetAsync(consumer, call.ClientGone).ConfigureAwait(false);
        if (!present.Succeeded)
            return present.Error is ErrorCode.NotFound or ErrorCode.Unsupported ? null : Mq9Errors.Storage(present.Error);
        if (options.Lease is not null && present.State!.Spec.AckPolicy != AckPolicy.Explicit)
            return Mq9Errors.InvalidPayload("FETCH", "config.lease_ms: the group began without a lease and acknowledges cumulatively");
        if (!options.ForceDeliver && (!isDefaultGroup || present.State!.Acknowledged > 0))
            return null;
        var reset = await consumers.ResetAsync(consumer, StartOf(options), CancellationToken.None).ConfigureAwait(false);
        return reset.Succeeded || reset.Error == ErrorCode.NotFound ? null : Mq9Errors.Storage(reset.Error);
    }

    private async ValueTask<ErrorCode> FetchAsync(Mq9Call call, ConsumerRef consumer, FetchOptions options)
    {
        using var fetched = await consumers.FetchAsync(
            new FetchRequest
            {
                Consumer = consumer,
                MaxRecords = options.Count,
                MaxBytes = (int)(bytesMax * 3 / 4),
                MaxWait = options.MaxWait,
                AckWait = options.Lease,
            },
            call.ClientGone).ConfigureAwait(false);
        if (!fetched.Succeeded && fetched.Error != ErrorCode.Cancelled)
            return fetched.Error;
        var list = new MessageList(call.Answer, bytesMax, options.Count);
        foreach (var deliveries in fetched.Deliveries)
        {
            // What finds no room was not seen by the client: like all that is not acknowledged it comes again.
            if (!list.TryAddAll(deliveries.Batches))
                break;
        }
        list.End();
        return ErrorCode.None;
    }

    private async ValueTask<ErrorCode> CreateAsync(Mq9Call call, ConsumerRef consumer, FetchOptions options)
    {
        var created = await consumers.CreateAsync(
            new ConsumerSpec
            {
                Consumer = consumer,
                Bindings = [new ConsumerBinding { Id = 0, Topic = MailboxNames.TopicOf(call.Argument) }],
                AckPolicy = options.Lease is null ? AckPolicy.All : AckPolicy.Explicit,
                PriorityOrder = true,
                Start = StartOf(options),
                DeleteWithTopics = true,
            },
            CancellationToken.None).ConfigureAwait(false);
        return created.Error == ErrorCode.AlreadyExists ? ErrorCode.None : created.Error;
    }

    private static ConsumerStart StartOf(FetchOptions options) => options.Deliver switch
    {
        DeliverPolicy.Earliest => ConsumerStart.All,
        DeliverPolicy.FromTime => ConsumerStart.Since(options.FromTime * 1000),
        DeliverPolicy.FromId => ConsumerStart.At(new Offset(options.FromId)),
        _ => ConsumerStart.New,
    };
}
