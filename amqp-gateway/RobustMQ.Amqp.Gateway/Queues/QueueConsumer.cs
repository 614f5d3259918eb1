using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>What a queue is to the storage-node.</summary>
internal static class QueueConsumer
{
    public static ConsumerSpec SpecOf(Queue queue, IReadOnlyList<ConsumerBinding> bindings)
    {
        var policy = queue.Spec.Policy;
        return new ConsumerSpec
        {
            Consumer = queue.Consumer,
            Bindings = bindings,
            Start = ConsumerStart.New,
            PriorityOrder = policy.MaxPriority > 0,
            Members = policy.SingleActiveConsumer ? MemberPolicy.SingleActive : MemberPolicy.Shared,
            // The limit counts redeliveries.
            MaxDeliver = policy.DeliveryLimit is { } limit ? limit + 1 : 0,
            RecordTtl = policy.MessageTtlMs is { } ttl ? TimeSpan.FromMilliseconds(Math.Max(ttl, 1)) : TimeSpan.Zero,
            InactiveExpiry = TimeSpan.FromMilliseconds(policy.ExpiresMs),
            Backlog = policy.MaxLength is null && policy.MaxLengthBytes is null
                ? null
                : new BacklogLimit
                {
                    MaxRecords = policy.MaxLength ?? 0,
                    MaxBytes = policy.MaxLengthBytes ?? 0,
                    Overflow = policy.Overflow == QueueOverflow.DropHead ? BacklogOverflow.DropOldest : BacklogOverflow.RefuseAppends,
                },
            DeadLetter = policy.DeadLetterExchange is null
                ? null
                : new DeadLetterPolicy { Topic = AmqpTopics.DeadLetters, Subject = Subject.Parse(AmqpTopics.DeadLetterSubjectPrefix + AmqpNames.Token(queue.Name)) },
        };
    }
}
