using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary>
/// Serves the members that one queue group has at this gateway. The group is a consumer in the storage-node, which its members at other gateways share: each message goes to one member, in
/// priority order, the stored ones first. A message counts as done when it was written to a member.
/// </summary>
internal sealed class QueueFeed(IConsumerClient consumers, Namespace ns, MailboxSubject subject, string queue)
{
    private const int PageRecords = 128;

    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(30);

    /// <summary>After so long what a gateway fetched and did not acknowledge (it was lost) goes to another one.</summary>
    private static readonly TimeSpan AckWait = TimeSpan.FromSeconds(30);

    /// <summary>What no member takes (one may not, or is being closed) is tried again after so long, and holds up nothing behind it meanwhile.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(1);

    private readonly FeedDelivery _delivery = new();
    private readonly ConsumerRef _consumer = new(ns, $"mq9-queue/{subject.Address}/{subject.Priority?.Word() ?? (subject.IsEvery ? "*" : string.Empty)}/{queue}");
    private volatile NatsSubscription[] _members = [];
    private uint _turn;

    public IReadOnlyList<NatsSubscription> Members => _members;

    /// <summary>Whoever delivers to none of them any more is taken out by the next delivery.</summary>
    public void SetMembers(NatsSubscription[] members) => _members = members;

    /// <summary>Runs until it is ended, or the mailbox has, or the storage-node cannot be reached.</summary>
    public async Task<ErrorCode> RunAsync(CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            var error = await DeliverPageAsync(ended).ConfigureAwait(false);
            if (error == ErrorCode.NotFound)
                error = await CreateAsync().ConfigureAwait(false);
            if (error != ErrorCode.None)
                return error;
        }
        return ErrorCode.None;
    }

    private async ValueTask<ErrorCode> CreateAsync()
    {
        var created = await consumers.CreateAsync(new ConsumerSpec
        {
            Consumer = _consumer,
            Bindings = [new ConsumerBinding { Id = 0, Topic = MailboxNames.TopicOf(subject.Address) }],
            AckWait = AckWait,
            PriorityOrder = true,
            DeleteWithTopics = true,
        }).ConfigureAwait(false);
        return created.Error == ErrorCode.AlreadyExists ? ErrorCode.None : created.Error;
    }

    private async ValueTask<ErrorCode> DeliverPageAsync(CancellationToken ended)
    {
        using var page = await consumers.FetchAsync(
            new FetchRequest { Consumer = _consumer, MaxRecords = PageRecords, MaxWait = LongPoll }, ended).ConfigureAwait(false);
        if (!page.Succeeded)
            return page.Error;
        var answers = new List<Acknowledgement>();
        foreach (var deliveries in page.Deliveries)
            Deliver(deliveries, answers);
        _delivery.Flush();
        return answers.Count == 0 ? ErrorCode.None : await consumers.AcknowledgeAsync(_consumer, answers.ToArray(), cancellationToken: CancellationToken.None).ConfigureAwait(false);
    }

    private void Deliver(in Deliveries deliveries, List<Acknowledgement> answers)
    {
        using var reader = new DeliveryReader(deliveries);
        while (reader.MoveNext())
        {
            var priority = MailPriorities.Of(reader.Current);
            var members = _members;
            if (!subject.Wants(priority))
                answers.Add(new Acknowledgement(reader.Id, AckKind.Acknowledge));
            else if (members.Length == 0)
                answers.Add(new Acknowledgement(reader.Id, AckKind.Release));
            else if (_delivery.Deliver(members, (int)(_turn++ % (uint)members.Length), subject.SubjectOf(priority), reader.Current))
                answers.Add(new Acknowledgement(reader.Id, AckKind.Acknowledge));
            else
                answers.Add(new Acknowledgement(reader.Id, AckKind.Return) { Delay = RefusedPause });
        }
    }
}
