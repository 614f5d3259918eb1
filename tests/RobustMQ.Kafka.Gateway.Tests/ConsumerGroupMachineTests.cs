using System.Text.RegularExpressions;
using RobustMQ.Kafka.Gateway.Groups;
using RobustMQ.Kafka.Gateway.Groups.Consumers;
using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Transcripts of the newer group protocol: what members report, and what they are told to read.</summary>
public class ConsumerGroupMachineTests
{
    private static readonly TimeSpan Session = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Rebalance = TimeSpan.FromSeconds(10);

    private readonly FakeTopics _topics = new();
    private readonly ConsumerGroupMachine _group;
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;
    private int _epoch;

    public ConsumerGroupMachineTests()
    {
        var limits = new GroupLimits(TimeSpan.Zero, TimeSpan.MaxValue, TimeSpan.Zero, 10, Session);
        _group = new ConsumerGroupMachine(limits, _topics, () => ++_epoch, static () => "made");
        _topics.Put("a", 4);
    }

    [Fact]
    public void The_first_member_is_given_everything_at_once()
    {
        Assert.Equal("1: a0 a1 a2 a3", Join("one"));
        Assert.Equal("Stable", _group.State);
        // Nothing new is not repeated.
        Assert.Equal("1: -", Beat("one", 1, "a0 a1 a2 a3"));
    }

    [Fact]
    public void A_second_member_waits_for_what_the_first_gives_up_and_says_so()
    {
        Join("one");
        Assert.Equal("2: ", Join("two"));
        Assert.Equal("1: a0 a1", Beat("one", 1, "a0 a1 a2 a3"));
        Assert.Equal("Reconciling", _group.State);
        Assert.Equal("2: -", Beat("two", 2, ""));
        // It still reads them: it has not said otherwise.
        Assert.Equal("1: -", Beat("one", 1));
        Assert.Equal("2: -", Beat("two", 2, ""));
        Assert.Equal("2: -", Beat("one", 1, "a0 a1"));
        Assert.Equal("2: a2 a3", Beat("two", 2, ""));
        Assert.Equal("Stable", _group.State);
    }

    [Fact]
    public void A_third_member_costs_nobody_more_than_it_takes()
    {
        _topics.Put("a", 6);
        Join("one");
        Join("two");
        Beat("one", 1, "a0 a1 a2 a3 a4 a5");
        Beat("one", 1, "a0 a1 a2");
        Assert.Equal("2: a3 a4 a5", Beat("two", 2, ""));
        Join("tre");
        Assert.Equal("2: a0 a1", Beat("one", 2, "a0 a1 a2"));
        Assert.Equal("2: a3 a4", Beat("two", 2, "a3 a4 a5"));
        Beat("one", 2, "a0 a1");
        Beat("two", 2, "a3 a4");
        Assert.Equal("3: a2 a5", Beat("tre", 3, ""));
    }

    [Fact]
    public void What_a_member_leaves_goes_to_the_others()
    {
        Pair();
        Assert.Equal("-1: -", Beat("two", ConsumerIntent.Leaves));
        Assert.Equal("3: a0 a1 a2 a3", Beat("one", 2, "a0 a1"));
        Assert.Equal(KafkaError.UnknownMemberId, Try("two", 2).Error);
    }

    [Fact]
    public void A_member_that_falls_silent_is_taken_for_dead()
    {
        Pair();
        Pass(Session - TimeSpan.FromSeconds(1));
        Beat("one", 2);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("3: a0 a1 a2 a3", Beat("one", 2, "a0 a1"));
    }

    [Fact]
    public void A_member_that_keeps_what_was_taken_from_it_is_out_when_its_time_is_over()
    {
        Join("one");
        Join("two");
        Beat("one", 1, "a0 a1 a2 a3");
        Pass(Rebalance);
        Assert.Equal(KafkaError.UnknownMemberId, Try("one", 1).Error);
        Assert.Equal("3: a0 a1 a2 a3", Beat("two", 2, ""));
    }

    [Fact]
    public void A_member_whose_answer_was_lost_is_told_again_and_one_that_is_behind_is_fenced()
    {
        Pair();
        Assert.Equal("2: -", Beat("one", 1, "a0 a1"));
        Assert.Equal(KafkaError.FencedMemberEpoch, Try("one", 1, "a0 a1 a2").Error);
        Assert.Equal(KafkaError.FencedMemberEpoch, Try("one", 7).Error);
        // Who was fenced joins again and reads what it may.
        Assert.Equal("2: a0 a1", Join("one"));
    }

    [Fact]
    public void A_static_member_comes_back_to_what_it_read()
    {
        Join("one", instance: "first");
        Assert.Equal("-2: -", Show(_group.Heartbeat(Intent("one", ConsumerIntent.LeavesForAMoment, null, "first"), _now)));
        Assert.Equal("1: a0 a1 a2 a3", Join("one-again", instance: "first"));
        Assert.Equal(KafkaError.FencedInstanceId, Try("one", 1, null, "first").Error);
        Assert.Equal(KafkaError.UnreleasedInstanceId, _group.Heartbeat(Intent("thief", 0, null, "first", ["a"]), _now).Error);
    }

    [Fact]
    public void New_topics_and_partitions_are_shared_out_and_topics_that_go_are_taken()
    {
        _group.Heartbeat(Intent("one", 0, null, null, null, new Regex("[ab]", RegexOptions.NonBacktracking)), _now);
        _topics.Put("b", 1);
        _topics.Put("c", 1);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("2: a0 a1 a2 a3 b0", Beat("one", 1, "a0 a1 a2 a3"));
        _topics.Put("b", 2);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("3: a0 a1 a2 a3 b0 b1", Beat("one", 2, "a0 a1 a2 a3 b0"));
        _topics.Remove("a");
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("3: b0 b1", Beat("one", 3, "a0 a1 a2 a3 b0 b1"));
        Assert.Equal("4: -", Beat("one", 3, "b0 b1"));
    }

    [Fact]
    public void Topics_that_nobody_reads_change_nothing()
    {
        Join("one");
        _topics.Put("z", 9);
        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("1: -", Beat("one", 1, "a0 a1 a2 a3"));
    }

    [Fact]
    public void Ranges_are_consecutive()
    {
        _topics.Put("b", 3);
        _group.Heartbeat(Intent("one", 0, null, null, ["a", "b"], assignor: "range"), _now);
        _group.Heartbeat(Intent("two", 0, null, null, ["a", "b"], assignor: "range"), _now);
        Assert.Equal("a0 a1 b0 b1", FakeTopics.Show(_group.Members.Single(static member => member.Id == "one").Target));
        Assert.Equal("a2 a3 b2", FakeTopics.Show(_group.Members.Single(static member => member.Id == "two").Target));
        Assert.Equal(KafkaError.UnsupportedAssignor, _group.Heartbeat(Intent("tre", 0, null, null, ["a"], assignor: "mine"), _now).Error);
    }

    [Fact]
    public void Members_of_different_topics_are_as_even_as_that_allows()
    {
        _topics.Put("b", 2);
        Join("one");
        _group.Heartbeat(Intent("two", 0, null, null, ["a", "b"]), _now);
        Assert.Equal("a0 a1 a2", FakeTopics.Show(_group.Members.Single(static member => member.Id == "one").Target));
        Assert.Equal("a3 b0 b1", FakeTopics.Show(_group.Members.Single(static member => member.Id == "two").Target));
    }

    [Fact]
    public void Commits_are_those_of_members_at_their_epoch()
    {
        Pair();
        Assert.Equal(KafkaError.None, _group.Check("one", 2));
        Assert.Equal(KafkaError.StaleMemberEpoch, _group.Check("one", 1));
        Assert.Equal(KafkaError.UnknownMemberId, _group.Check("tre", 2));
    }

    [Fact]
    public void A_group_has_members_of_one_protocol_only()
    {
        var classic = new GroupTranscript();
        classic.Join("a");
        Assert.Equal(KafkaError.GroupIdNotFound, classic.Machine.ConsumerHeartbeat(Intent("one", 0, null, null, ["a"]), _now).Error);
        var newer = new GroupTranscript();
        newer.Topics.Put("a", 1);
        Assert.Equal(KafkaError.None, newer.Machine.ConsumerHeartbeat(Intent("one", 0, null, null, ["a"]), _now).Error);
        Assert.Equal("a: InconsistentGroupProtocol", newer.Join("a"));
        Assert.Equal(1, newer.Machine.Generation);
    }

    /// <summary>Whatever members do, no partition has two readers, and in the end each has exactly one.</summary>
    [Fact]
    public void No_partition_ever_has_two_readers()
    {
        var random = new Random(7);
        _topics.Put("a", 9);
        var reading = new Dictionary<string, (int Epoch, HashSet<MemberPartition> Owned)>();
        for (var step = 0; step < 5_000; step++)
        {
            var name = $"{random.Next(6)}";
            if (!reading.TryGetValue(name, out var state))
            {
                Told(name, _group.Heartbeat(Intent(name, 0, null, null, ["a"]), _now));
            }
            else if (random.Next(20) == 0)
            {
                Beat(name, ConsumerIntent.Leaves);
                reading.Remove(name);
            }
            else
            {
                Told(name, _group.Heartbeat(Intent(name, state.Epoch, state.Owned), _now));
            }
            var all = reading.Values.SelectMany(static member => member.Owned).ToList();
            Assert.Equal(all.Count, all.Distinct().Count());
        }
        for (var round = 0; round < 4; round++)
        {
            foreach (var (name, state) in reading.ToList())
                Told(name, _group.Heartbeat(Intent(name, state.Epoch, state.Owned), _now));
        }
        Assert.Equal(9, reading.Values.Sum(static member => member.Owned.Count));
        Assert.Equal("Stable", _group.State);

        void Told(string name, ConsumerOutcome outcome)
        {
            Assert.Equal(KafkaError.None, outcome.Error);
            reading[name] = (outcome.Epoch, outcome.Assigned?.ToHashSet() ?? reading[name].Owned);
        }
    }

    [Fact]
    public void A_static_member_that_comes_back_under_another_members_id_takes_nothing_from_it()
    {
        Join("one", instance: "first");
        Join("two");
        Beat("one", 1, "a0 a1 a2 a3");
        Assert.Equal(KafkaError.None, Try("one", ConsumerIntent.LeavesForAMoment, instance: "first").Error);
        Assert.Equal(KafkaError.FencedInstanceId, _group.Heartbeat(Intent("two", 0, instance: "first", topics: ["a"]), _now).Error);
        Assert.Equal(KafkaError.FencedInstanceId, _group.Heartbeat(Intent("two", 0, instance: "another", topics: ["a"]), _now).Error);
        Assert.Equal(2, _group.Members.Count);
        Assert.Equal("2: a0 a1", Join("one-again", instance: "first"));
    }

    private void Pair()
    {
        Join("one");
        Join("two");
        Beat("one", 1, "a0 a1 a2 a3");
        Beat("one", 1, "a0 a1");
        Assert.Equal("2: a2 a3", Beat("two", 2, ""));
    }

    private string Join(string name, string? instance = null) => Show(_group.Heartbeat(Intent(name, 0, null, instance, ["a"]), _now));

    private string Beat(string name, int epoch, string? owned = null) => Show(Try(name, epoch, owned));

    private ConsumerOutcome Try(string name, int epoch, string? owned = null, string? instance = null) =>
        _group.Heartbeat(Intent(name, epoch, owned is null ? null : FakeTopics.Read(owned), instance), _now);

    private void Pass(TimeSpan time)
    {
        _now += time;
        _group.Tick(_now);
    }

    private static ConsumerIntent Intent(
        string name, int epoch, IReadOnlySet<MemberPartition>? owned = null, string? instance = null, string[]? topics = null, Regex? expression = null, string? assignor = null) =>
        new(name, epoch, instance, null, name, "/host", epoch == 0 ? Rebalance : null, topics, expression, false, assignor, epoch == 0 ? new HashSet<MemberPartition>() : owned);

    private static string Show(ConsumerOutcome outcome)
    {
        Assert.Equal(KafkaError.None, outcome.Error);
        return $"{outcome.Epoch}: {(outcome.Assigned is { } assigned ? FakeTopics.Show(assigned) : "-")}";
    }
}
