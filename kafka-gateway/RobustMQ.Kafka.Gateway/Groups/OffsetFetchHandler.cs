using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Groups;

/// <summary>Tells how far groups are.</summary>
internal sealed class OffsetFetchHandler(GroupCoordinator groups, IConsumerClient consumers, TopicDirectory topics) : ApiHandler<OffsetFetchRequest, OffsetFetchResponse>
{
    private const short SeveralGroupsFrom = 8;
    private const short ErrorOfGroupFrom = 2;

    protected override async ValueTask<OffsetFetchResponse> HandleAsync(OffsetFetchRequest request, RequestContext context)
    {
        if (context.Version >= SeveralGroupsFrom)
        {
            var found = new List<OffsetFetchResponse.Group>(request.Groups.Count);
            foreach (var wanted in request.Groups.DistinctBy(static group => group.GroupId))
                found.Add(await CheckMemberAsync(wanted, context).ConfigureAwait(false) ?? await FindAsync(wanted.GroupId, wanted.Topics, request.RequireStable, context).ConfigureAwait(false));
            return new OffsetFetchResponse { Groups = found };
        }
        var group = await FindAsync(request.GroupId, request.Topics, request.RequireStable, context).ConfigureAwait(false);
        if (group.Error != KafkaError.None && context.Version < ErrorOfGroupFrom)
        {
            group.Topics =
            [
                .. (request.Topics ?? []).Select(topic => new OffsetFetchResponse.Topic
                {
                    Name = topic.Name,
                    Partitions = [.. topic.Partitions.Select(index => new OffsetFetchResponse.Partition { Index = index, Metadata = string.Empty, Error = group.Error })],
                })
            ];
        }
        return new OffsetFetchResponse { Topics = group.Topics, Error = group.Error };
    }

    /// <summary>A member of a consumer group says who and at which epoch it is: one that has been left behind must not begin from offsets that are another's by now.</summary>
    /// <remarks>Members of the older protocol are not asked: they read before they commit, which is checked.</remarks>
    /// <returns>Null: nothing is wrong.</returns>
    private async ValueTask<OffsetFetchResponse.Group?> CheckMemberAsync(OffsetFetchRequest.Group wanted, RequestContext context)
    {
        if (wanted is not { MemberId: { Length: > 0 } member, MemberEpoch: >= 0 })
            return null;
        if (!GroupAccess.CanDescribe(context.Identity, wanted.GroupId))
            return null;
        var error = await groups.AskAsync(context.Namespace, wanted.GroupId, (machine, _) => machine.Members.Count > 0 ? KafkaError.None : machine.Consumers.Check(member, wanted.MemberEpoch)).ConfigureAwait(false);
        return error == KafkaError.None ? null : new() { GroupId = wanted.GroupId, Error = error };
    }

    private async ValueTask<OffsetFetchResponse.Group> FindAsync(string name, IReadOnlyList<TopicPartitions>? wanted, bool isStable, RequestContext context)
    {
        var error = GroupAccess.CanDescribe(context.Identity, name) ? groups.Check(context.Namespace, name) : KafkaError.GroupAuthorizationFailed;
        if (error != KafkaError.None)
            return new() { GroupId = name, Error = error };
        var stored = await consumers.FetchOffsetsAsync(context.Namespace, name, [], context.Aborted).ConfigureAwait(false);
        if (!stored.Succeeded)
            return new() { GroupId = name, Error = OffsetCommitHandler.ToKafka(stored.Error) };
        var known = stored.Offsets.Where(offset => offset.Log.Namespace == context.Namespace).ToDictionary(static offset => (offset.Log.Topic.Value, offset.Log.Partition));
        List<OffsetFetchResponse.Topic> found = wanted is null
            ? [.. known.Values.GroupBy(static offset => offset.Log.Topic.Value).Where(topic => MayRead(topic.Key, name, context)).Select(AllOf)]
            : [.. wanted.GroupBy(static topic => topic.Name, static topic => topic.Partitions).Select(topic => Of(topic.Key, topic.SelectMany(static partitions => partitions).Distinct(), known, name, context))];
        if (isStable)
            RefuseUnstable(found, stored.Unstable);
        return new() { GroupId = name, Topics = found };
    }

    /// <summary>Whoever goes on from an offset that a transaction is about to replace would read again what that has dealt with.</summary>
    private static void RefuseUnstable(List<OffsetFetchResponse.Topic> found, IReadOnlyList<TopicPartition> unstable)
    {
        foreach (var log in unstable)
        {
            foreach (var partition in found.Where(topic => topic.Name == log.Topic.Value).SelectMany(static topic => topic.Partitions))
            {
                if (partition.Index == log.Partition && partition.Error == KafkaError.None)
                    (partition.Error, partition.Offset, partition.LeaderEpoch, partition.Metadata) = (KafkaError.UnstableOffsetCommit, -1, -1, string.Empty);
            }
        }
    }

    private OffsetFetchResponse.Topic Of(
        string topic, IEnumerable<int> partitions, Dictionary<(string, int), GroupOffset> known, string group, RequestContext context)
    {
        var error = MayRead(topic, group, context) ? KafkaError.None : KafkaError.TopicAuthorizationFailed;
        return new()
        {
            Name = topic,
            Partitions =
            [
                .. partitions.Select(index => error == KafkaError.None && known.TryGetValue((topic, index), out var offset)
                    ? Tell(offset)
                    : new OffsetFetchResponse.Partition { Index = index, Metadata = string.Empty, Error = error })
            ],
        };
    }

    private static OffsetFetchResponse.Topic AllOf(IGrouping<string, GroupOffset> topic) => new() { Name = topic.Key, Partitions = [.. topic.Select(Tell)] };

    private static OffsetFetchResponse.Partition Tell(GroupOffset offset) =>
        new() { Index = offset.Log.Partition, Offset = offset.Offset.Value, LeaderEpoch = offset.LeaderEpoch.Value, Metadata = offset.Metadata };

    /// <summary>Of a topic that is gone nobody can read anything; its offsets say nothing that needs to be kept. Who was granted to know of a topic may know how far others are there.</summary>
    private bool MayRead(string topic, string group, RequestContext context) =>
        !topics.TryGet(context.Namespace, topic, out var present)
        || TopicAccess.CanRead(context.Identity, present, group)
        || context.Identity.Grants.Decide(GrantResource.Topic, GrantOperation.Describe, topic) == true;
}
