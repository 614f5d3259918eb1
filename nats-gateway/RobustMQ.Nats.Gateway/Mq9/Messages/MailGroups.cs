using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>
/// The groups of mailboxes, each a consumer in the storage-node that goes with its mailbox. A group comes into being with its first FETCH, begins where that says, and is acknowledged
/// cumulatively in the order of delivery. One that begins with a lease is one of competing workers: each message is acknowledged by itself.
/// </summary>
internal sealed class MailGroups(IConsumerClient consumers, AckDurability ackDurability)
{
    public static ConsumerRef ConsumerOf(Mq9Call call, string group) => new(call.Namespace, MailboxNames.ConsumerOf(call.Argument, group));

    public async ValueTask<ErrorCode> CreateAsync(Mq9Call call, FetchOptions options)
    {
        var created = await consumers.CreateAsync(
            new ConsumerSpec
            {
                Consumer = ConsumerOf(call, options.Group!),
                Bindings = [new ConsumerBinding { Id = 0, Topic = MailboxNames.TopicOf(call.Argument) }],
                AckPolicy = options.Lease is null ? AckPolicy.All : AckPolicy.Explicit,
                AckDurability = ackDurability == AckDurability.Written ? Durability.Written : Durability.Durable,
                PriorityOrder = true,
                Start = StartOf(options),
                DeleteWithTopics = true,
            },
            CancellationToken.None).ConfigureAwait(false);
        return created.Error == ErrorCode.AlreadyExists ? ErrorCode.None : created.Error;
    }

    /// <summary>Moves a group where <c>deliver</c> counts although the group exists, and looks whether a lease means something to it.</summary>
    /// <returns>An error for the client; null: none.</returns>
    public async ValueTask<string?> PrepareAsync(Mq9Call call, FetchOptions options)
    {
        var isDefault = options.Group!.Length == 0;
        if (!isDefault && !options.ForceDeliver && options.Lease is null)
            return null;
        var consumer = ConsumerOf(call, options.Group);
        var present = await consumers.GetAsync(consumer, call.ClientGone).ConfigureAwait(false);
        if (!present.Succeeded)
            return present.Error is ErrorCode.NotFound or ErrorCode.Unsupported ? null : Mq9Errors.Storage(present.Error);
        var state = present.State!;
        var isUnmoved = isDefault && state.Acknowledged == 0;
        // Clients that know no groups are in the default one: until somebody acknowledges, it is wherever the last of them wanted to begin.
        if (isUnmoved && (options.ForceDeliver || state.Spec.Start != StartOf(options)))
            return Describe((await consumers.DeleteAsync(new ConsumerDelete { Consumer = consumer }, CancellationToken.None).ConfigureAwait(false)).Error);
        if (options.Lease is not null && state.Spec.AckPolicy != AckPolicy.Explicit)
            return Mq9Errors.InvalidPayload("FETCH", "config.lease_ms: the group began without a lease and acknowledges cumulatively");
        return options.ForceDeliver ? Describe((await consumers.ResetAsync(consumer, StartOf(options), CancellationToken.None).ConfigureAwait(false)).Error) : null;
    }

    /// <summary>One that has gone meanwhile is made by the FETCH.</summary>
    private static string? Describe(ErrorCode error) => error is ErrorCode.None or ErrorCode.NotFound ? null : Mq9Errors.Storage(error);

    private static ConsumerStart StartOf(FetchOptions options) => options.Deliver switch
    {
        DeliverPolicy.Earliest => ConsumerStart.All,
        DeliverPolicy.FromTime => ConsumerStart.Since(options.FromTime * 1000),
        DeliverPolicy.FromId => ConsumerStart.At(new Offset(options.FromId)),
        _ => ConsumerStart.New,
    };
}
