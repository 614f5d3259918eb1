using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Consumers;

/// <summary>Finds the logs that bindings are about, and where a consumer begins in each.</summary>
internal sealed class BindingPlanner(ConsumerEnvironment environment, LogStore logs)
{
    /// <summary>The logs that bindings read, and where they begin there.</summary>
    public async ValueTask<(ErrorCode Error, string? Message, List<BindingPlacement> Plan)> PlanAsync(Consumer consumer, IReadOnlyList<ConsumerBinding> bindings)
    {
        var plan = new List<BindingPlacement>();
        try
        {
            foreach (var binding in bindings)
            {
                var topics = await TopicsOfAsync(consumer.Ref.Namespace, binding).ConfigureAwait(false);
                if (binding.Topic is not null && topics.Count == 0)
                    return (ErrorCode.NotFound, $"no topic {binding.Topic}", plan);
                foreach (var topic in topics)
                {
                    for (var i = 0; i < topic.Spec.Partitions; i++)
                        await AddAsync(consumer, plan, new TopicPartition(topic.Namespace, topic.Name, i), binding).ConfigureAwait(false);
                }
            }
            return (ErrorCode.None, null, plan);
        }
        catch (StorageException failure)
        {
            return (failure.Code, failure.Message, plan);
        }
    }

    private async ValueTask AddAsync(Consumer consumer, List<BindingPlacement> plan, TopicPartition name, ConsumerBinding binding)
    {
        if (!environment.Logs.TryGet(name, out var partition))
            throw new StorageException(environment.Logs.WhyNot(name), $"log {name} cannot be read");
        var start = await StartPoint.FindAsync(logs, partition, binding.Start ?? consumer.Spec.Start, binding.Filters, environment.Options.ConsumerPendingMax).ConfigureAwait(false);
        if (LogLinks.GoesBack(consumer, partition, start))
            throw new StorageException(ErrorCode.Unsupported, $"binding {binding.Id} begins before what this consumer has read of {name}, which its order does not allow");
        var placement = plan.Find(other => other.Partition == partition);
        if (placement is null)
            plan.Add(placement = new BindingPlacement(partition, []));
        placement.Bindings.Add((binding, start));
    }

    private async ValueTask<IReadOnlyList<Topic>> TopicsOfAsync(Namespace ns, ConsumerBinding binding)
    {
        if (binding.Topic is { } name)
            return environment.Topics.Find(ns, name) is { } topic ? [topic] : [];
        return [.. (await environment.Topics.ListAsync(ns, includeInternal: true).ConfigureAwait(false)).Where(topic => MayMatch(binding, topic))];
    }

    /// <summary>Whether a topic may hold what a binding wants.</summary>
    public static bool MayMatch(ConsumerBinding binding, Topic topic)
    {
        if (binding.Topic is { } name)
            return name == topic.Name;
        if (topic.Name == TopicName.Durable)
            return true;
        if (topic.Name.IsInternal || topic.Spec.Engine == EngineKind.Memory)
            return false;
        IReadOnlyList<string> subjects = topic.Spec.Filters.Count == 0 ? [topic.Name.Value] : [.. topic.Spec.Filters.Select(static filter => filter.Value)];
        return binding.Filters.Any(filter => subjects.Any(subject => SubjectRules.Overlap(Encoding.UTF8.GetBytes(filter.Value), Encoding.UTF8.GetBytes(subject))));
    }
}

/// <summary>One log of a plan.</summary>
internal sealed record BindingPlacement(LogPartition Partition, List<(ConsumerBinding Binding, StartPoint Start)> Bindings);
