using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>
/// A FETCH of a group: in priority order, from where the group is. What was fetched and not acknowledged comes again with the next FETCH; where it was fetched with a lease, when that is over.
/// </summary>
/// <param name="bytesMax">Of an answer.</param>
internal sealed class GroupFetch(IConsumerClient consumers, AckDurability ackDurability, long bytesMax)
{
    /// <summary>A group may go while it is fetched from: with its mailbox, or because another FETCH lets the default group begin elsewhere.</summary>
    private const int AttemptsMax = 4;

    private readonly MailGroups _groups = new(consumers, ackDurability);

    public async ValueTask RunAsync(Mq9Call call, FetchOptions options)
    {
        var refusal = await _groups.PrepareAsync(call, options).ConfigureAwait(false);
        if (refusal is null)
        {
            var error = await FetchAsync(call, options).ConfigureAwait(false);
            for (var attempt = 1; error == ErrorCode.NotFound && attempt < AttemptsMax; attempt++)
            {
                error = await _groups.CreateAsync(call, options).ConfigureAwait(false);
                if (error != ErrorCode.None)
                    break;
                error = await FetchAsync(call, options).ConfigureAwait(false);
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

    private async ValueTask<ErrorCode> FetchAsync(Mq9Call call, FetchOptions options)
    {
        var consumer = MailGroups.ConsumerOf(call, options.Group!);
        using var fetched = await consumers.FetchAsync(
            new FetchRequest
            {
                Consumer = consumer,
                MaxRecords = options.Count,
                MaxBytes = (int)(bytesMax * 3 / 4),
                MaxWait = options.MaxWait,
                AckWait = options.Lease,
                MayBlock = call.IsAlone,
            },
            call.ClientGone).ConfigureAwait(false);
        if (!fetched.Succeeded && fetched.Error != ErrorCode.Cancelled)
            return fetched.Error;
        var unseen = Write(call, options, fetched);
        // Nobody's: not leased, and not among what an acknowledgement of something less urgent takes with it.
        if (unseen is not null)
            _ = await consumers.AcknowledgeAsync(consumer, unseen.ToArray(), cancellationToken: CancellationToken.None).ConfigureAwait(false);
        return ErrorCode.None;
    }

    /// <returns>What the client does not get to see: messages that find no room in the answer, all of them where the client has gone. Null: nothing.</returns>
    private List<Acknowledgement>? Write(Mq9Call call, FetchOptions options, FetchResult fetched)
    {
        List<Acknowledgement>? unseen = null;
        var list = new MessageList(call.Answer, bytesMax, options.Count);
        foreach (var deliveries in fetched.Deliveries)
        {
            using var reader = new DeliveryReader(deliveries);
            while (reader.MoveNext())
            {
                if (unseen is not null || call.ClientGone.IsCancellationRequested || !list.TryAdd(reader.Current))
                    (unseen ??= []).Add(new Acknowledgement(reader.Id, AckKind.Release));
            }
        }
        list.End();
        return unseen;
    }
}
