using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Consumers;

/// <summary>Has consumers follow the topics that they read: binds them to what is new, and takes from them what is gone.</summary>
internal sealed class TopicFollower(ConsumerEnvironment environment, ConsumerRegister consumers, LogLinks links, SemaphoreSlim changes)
{
    /// <summary>A topic is new or changed: it is readable already. Called in the order of changes.</summary>
    public async ValueTask FollowAsync(Topic topic, bool isNew)
    {
        using (await ChangeTurn.EnterAsync(changes).ConfigureAwait(false))
        {
            // Records that nobody seems to want stay where nobody knows who wants what.
            if (topic.Spec.Retention.Policy != RetentionPolicy.Limits && !environment.Journal.IsUnreadable)
                links.Watch(topic);
            var concerned = consumers.FindWide(topic.Namespace);
            foreach (var consumer in isNew ? concerned : concerned.Concat(links.LinksOf(topic).Select(static link => link.Consumer)).Distinct())
                TryExtend(consumer, topic);
        }
    }

    /// <summary>A topic is gone: so is what consumers had of it.</summary>
    public async ValueTask ForgetAsync(Topic topic)
    {
        using (await ChangeTurn.EnterAsync(changes).ConfigureAwait(false))
        {
            foreach (var link in links.LinksOf(topic))
            {
                var consumer = link.Consumer;
                // One that ends is over before it is without topics: it is not seen in between.
                if (EndsWithout(topic.Name, consumer))
                    consumers.TryEnd(consumer, ErrorCode.NotFound);
                else
                    links.Detach(link);
                Lose(consumer, link.Progress);
                // Not waited for, since topics go by the ten thousand: a consumer whose end was not stored is found without topics at the next start.
                environment.Journal.Note(consumer);
            }
            links.Forget(topic);
        }
    }

    /// <summary>Takes from a consumer what it had of a log whose topic is gone, and the bindings that name the topic.</summary>
    public static void Lose(Consumer consumer, LogProgress progress) =>
        consumer.Change(
            machine =>
            {
                machine.Remove(progress);
                machine.Spec = machine.Spec with { Bindings = [.. machine.Spec.Bindings.Where(binding => binding.Topic != progress.Name.Topic)] };
                return 0;
            },
            isSpec: true);

    /// <summary>Whether a consumer was to go with its topics, and they are gone.</summary>
    public static bool HasEnded(Consumer consumer) => EndsWithout(null, consumer);

    /// <param name="topic">One that is gone; null: those that are gone are not bound any more.</param>
    private static bool EndsWithout(TopicName? topic, Consumer consumer) =>
        consumer.Spec is { DeleteWithTopics: true } spec && spec.Bindings.All(binding => binding.Topic is null || binding.Topic == topic);

    /// <summary>Binds a consumer to what a topic has of it that it does not read yet: a new topic, or new partitions, from their first record.</summary>
    private void TryExtend(Consumer consumer, Topic topic)
    {
        try
        {
            if (Extend(consumer, topic))
                environment.Journal.Note(consumer);
        }
        catch (StorageException failure)
        {
            ConsumerLog.NotFollowed(environment.Logger, topic.Name, consumer.Ref, failure);
        }
    }

    private bool Extend(Consumer consumer, Topic topic)
    {
        var bindings = consumer.Spec.Bindings.Where(binding => BindingPlanner.MayMatch(binding, topic)).ToList();
        var hasNew = false;
        for (var i = 0; i < topic.Spec.Partitions && bindings.Count > 0; i++)
        {
            if (!environment.Logs.TryGet(new TopicPartition(topic.Namespace, topic.Name, i), out var partition))
                continue;
            var progress = LogLinks.Find(consumer, partition)?.Progress;
            var missing = bindings.Where(binding => progress?.Bindings.Find(binding.Id) is null).Select(static binding => (binding, new StartPoint(0, []))).ToList();
            if (missing.Count == 0)
                continue;
            links.Attach(consumer, partition, missing);
            hasNew = true;
        }
        if (hasNew)
            consumer.Change(static _ => 0, isSpec: true);
        return hasNew;
    }
}
