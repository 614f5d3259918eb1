namespace RobustMQ.Kafka.Gateway.Groups.Consumers;

/// <summary>Ways to share out partitions that the coordinator knows. Pure; the same members and topics always give the same shares.</summary>
internal static class Assignors
{
    public const string Uniform = "uniform";
    public const string Range = "range";

    public static bool IsKnown(string name) => name is Uniform or Range;

    /// <param name="subscriptions">What each member reads.</param>
    public static Dictionary<string, HashSet<MemberPartition>> Assign(string assignor, IReadOnlyList<ConsumerMember> members, IReadOnlyDictionary<string, IReadOnlyList<TopicShape>> subscriptions) =>
        assignor == Range ? AssignRanges(members, subscriptions) : AssignUniformly(members, subscriptions);

    /// <summary>Of each topic consecutive partitions, the first members one more where they do not divide.</summary>
    private static Dictionary<string, HashSet<MemberPartition>> AssignRanges(IReadOnlyList<ConsumerMember> members, IReadOnlyDictionary<string, IReadOnlyList<TopicShape>> subscriptions)
    {
        var shares = members.ToDictionary(static member => member.Id, static _ => new HashSet<MemberPartition>(), StringComparer.Ordinal);
        // A static member keeps its place when it comes back under another id.
        var ordered = members.OrderBy(static member => member.InstanceId ?? member.Id, StringComparer.Ordinal).ToList();
        foreach (var topic in subscriptions.Values.SelectMany(static topics => topics).DistinctBy(static topic => topic.Id))
        {
            var readers = ordered.Where(member => subscriptions[member.Id].Any(other => other.Id == topic.Id)).ToList();
            var next = 0;
            for (var at = 0; at < readers.Count; at++)
            {
                var count = (topic.Partitions / readers.Count) + (at < topic.Partitions % readers.Count ? 1 : 0);
                for (var last = next + count; next < last; next++)
                    shares[readers[at].Id].Add(new MemberPartition(topic.Id, next));
            }
        }
        return shares;
    }

    /// <summary>
    /// As even as the subscriptions allow, and with as few moves as that takes: everybody keeps what it has, what nobody has goes to those with the least, and only then
    /// partitions move from those with the most.
    /// </summary>
    private static Dictionary<string, HashSet<MemberPartition>> AssignUniformly(IReadOnlyList<ConsumerMember> members, IReadOnlyDictionary<string, IReadOnlyList<TopicShape>> subscriptions)
    {
        var readers = members.SelectMany(member => subscriptions[member.Id].Select(topic => (topic.Id, member)))
            .GroupBy(static pair => pair.Id).ToDictionary(static topic => topic.Key, static topic => topic.Select(static pair => pair.member).ToList());
        var all = subscriptions.Values.SelectMany(static topics => topics).DistinctBy(static topic => topic.Id)
            .SelectMany(static topic => Enumerable.Range(0, topic.Partitions).Select(index => new MemberPartition(topic.Id, index))).ToHashSet();
        var shares = new Dictionary<string, HashSet<MemberPartition>>(StringComparer.Ordinal);
        var free = new HashSet<MemberPartition>(all);
        foreach (var member in members)
        {
            shares[member.Id] = [.. member.Target.Where(partition => all.Contains(partition) && readers[partition.Topic].Contains(member))];
            free.ExceptWith(shares[member.Id]);
        }
        foreach (var partition in free.OrderBy(static partition => partition.Topic).ThenBy(static partition => partition.Index))
            shares[Least(readers[partition.Topic], shares).Id].Add(partition);
        Balance(shares, readers);
        return shares;
    }

    private static void Balance(Dictionary<string, HashSet<MemberPartition>> shares, Dictionary<Guid, List<ConsumerMember>> readers)
    {
        bool hasMoved;
        do
        {
            hasMoved = false;
            foreach (var (owner, share) in shares.OrderByDescending(static entry => entry.Value.Count).ThenBy(static entry => entry.Key, StringComparer.Ordinal))
            {
                foreach (var partition in share.OrderByDescending(static partition => partition.Index).ThenBy(static partition => partition.Topic).ToList())
                {
                    var least = Least(readers[partition.Topic], shares).Id;
                    if (least == owner || shares[least].Count > share.Count - 2)
                        continue;
                    share.Remove(partition);
                    shares[least].Add(partition);
                    hasMoved = true;
                }
            }
        }
        while (hasMoved);
    }

    private static ConsumerMember Least(List<ConsumerMember> readers, Dictionary<string, HashSet<MemberPartition>> shares)
    {
        var least = readers[0];
        foreach (var reader in readers)
        {
            if (shares[reader.Id].Count < shares[least.Id].Count)
                least = reader;
        }
        return least;
    }
}
