using RobustMQ.Kafka.Gateway.Groups;
using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Drives a group's machine by a clock of its own and writes down, one line each, what its members are told.</summary>
internal sealed class GroupTranscript
{
    public static readonly TimeSpan Session = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Rebalance = TimeSpan.FromSeconds(60);

    private readonly GroupMachine _machine;
    private int _ids;

    public GroupTranscript(TimeSpan initialDelay = default, int membersMax = 10, int generation = -1)
    {
        var limits = new GroupLimits(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), initialDelay, membersMax, Session);
        _machine = new GroupMachine(limits, Topics, generation, () => $"{++_ids}");
    }

    public FakeTopics Topics { get; } = new();

    public GroupMachine Machine => _machine;

    public DateTimeOffset Now { get; private set; } = DateTimeOffset.UnixEpoch;

    /// <returns>What was told to whom because of it.</returns>
    public string Join(string name, string memberId = "", string? instance = null, string protocols = "range", bool needsKnownId = false, bool canSkip = false, byte metadata = 0)
    {
        _machine.Join(
            new JoinIntent(
                name, memberId, instance, name, "/host", Session, Rebalance, "consumer",
                [.. protocols.Split(',').Select(protocol => new GroupProtocol(protocol, [metadata]))], needsKnownId, canSkip),
            Now);
        return Told();
    }

    /// <param name="assignment"><c>member=share</c>, by the leader.</param>
    public string Sync(string name, string memberId, int generation, params string[] assignment)
    {
        var shares = assignment.Select(static share => share.Split('=')).ToDictionary(static share => share[0], static share => System.Text.Encoding.UTF8.GetBytes(share[1]));
        _machine.Sync(new SyncIntent(name, memberId, null, generation, null, null, shares), Now);
        return Told();
    }

    public KafkaError Heartbeat(string memberId, int generation, string? instance = null) => _machine.Heartbeat(memberId, instance, generation, Now);

    public KafkaError Commit(string memberId, int generation, string? instance = null) => _machine.Commit(memberId, instance, generation, Now);

    public string Leave(string memberId, string? instance = null) => $"{_machine.Leave(memberId, instance, Now)}{(Told() is { Length: > 0 } told ? $"; {told}" : string.Empty)}";

    public string Pass(TimeSpan time)
    {
        Now += time;
        _machine.Tick(Now);
        return Told();
    }

    public string Abandon()
    {
        _machine.Abandon(KafkaError.NotCoordinator);
        return Told();
    }

    private string Told()
    {
        var told = string.Join("; ", _machine.Effects.Select(static effect => effect.Join is { } join ? $"{effect.Ticket}: {Show(join)}" : $"{effect.Ticket}: {Show(effect.Sync!)}"));
        _machine.Effects.Clear();
        return told;
    }

    private static string Show(JoinOutcome join) => join.Error != KafkaError.None
        ? $"{join.Error} {join.MemberId}".TrimEnd()
        : $"{join.MemberId} joined {join.Generation} {join.Protocol} led by {join.Leader}{(join.Members is { Count: > 0 } members ? $" of {string.Join(',', members.Select(static member => member.Id))}" : string.Empty)}{(join.SkipAssignment ? " as before" : string.Empty)}";

    private static string Show(SyncOutcome sync) => sync.Error != KafkaError.None ? $"{sync.Error}" : $"reads {System.Text.Encoding.UTF8.GetString(sync.Assignment!)}";
}
