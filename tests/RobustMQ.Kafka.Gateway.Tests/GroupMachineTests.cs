using RobustMQ.Kafka.Gateway.Groups;
using RobustMQ.Kafka.Protocol;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Transcripts of groups: what members say, and what they are told.</summary>
public class GroupMachineTests
{
    private static readonly TimeSpan AMoment = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void The_first_member_leads_and_shares_out()
    {
        var group = new GroupTranscript();
        Assert.Equal("a: a-1 joined 1 range led by a-1 of a-1", group.Join("a"));
        Assert.Equal("a: reads all", group.Sync("a", "a-1", 1, "a-1=all"));
        Assert.Equal(GroupPhase.Stable, group.Machine.Phase);
    }

    [Fact]
    public void A_new_client_is_given_its_id_first_and_joins_with_it()
    {
        var group = new GroupTranscript();
        Assert.Equal("a: MemberIdRequired a-1", group.Join("a", needsKnownId: true));
        Assert.Equal("a: a-1 joined 1 range led by a-1 of a-1", group.Join("a", "a-1", needsKnownId: true));
        Assert.Equal("x: UnknownMemberId never-given", group.Join("x", "never-given", needsKnownId: true));
    }

    [Fact]
    public void An_id_that_nobody_joins_with_holds_up_the_others_for_a_session_at_most()
    {
        var group = new GroupTranscript();
        group.Join("lost", needsKnownId: true);
        Assert.Equal(string.Empty, group.Join("a"));
        Assert.Equal("a: a-2 joined 1 range led by a-2 of a-2", group.Pass(GroupTranscript.Session));
    }

    [Fact]
    public void Ids_that_are_given_out_take_the_places_of_members()
    {
        var group = new GroupTranscript(membersMax: 3);
        Assert.Equal("a: a-1 joined 1 range led by a-1 of a-1", group.Join("a"));
        Assert.Equal("b: MemberIdRequired b-2", group.Join("b", needsKnownId: true));
        Assert.Equal("c: MemberIdRequired c-3", group.Join("c", needsKnownId: true));
        Assert.Equal("d: GroupMaxSizeReached", group.Join("d", needsKnownId: true));
        Assert.Equal("d: GroupMaxSizeReached", group.Join("d"));
        Assert.Equal(string.Empty, group.Join("b", "b-2", needsKnownId: true));
        group.Pass(GroupTranscript.Session);
        Assert.StartsWith("d: MemberIdRequired", group.Join("d", needsKnownId: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_member_makes_the_first_join_again()
    {
        var group = Pair();
        Assert.Equal(KafkaError.None, group.Heartbeat("a-1", 2));
        Assert.Equal("b: reads right; a: reads left", Sorted(group.Sync("b", "b-2", 2), group.Sync("a", "a-1", 2, "a-1=left", "b-2=right")));
        Assert.Equal(KafkaError.IllegalGeneration, group.Heartbeat("a-1", 1));
    }

    [Fact]
    public void Who_waits_for_the_leaders_word_is_told_when_another_joins()
    {
        var group = Pair();
        Assert.Equal(string.Empty, group.Sync("b", "b-2", 2));
        Assert.Equal("b: RebalanceInProgress", group.Join("c"));
        Assert.Equal(KafkaError.RebalanceInProgress, group.Heartbeat("b-2", 2));
    }

    [Fact]
    public void A_member_that_falls_silent_goes_and_the_others_join_again()
    {
        var group = StablePair();
        group.Pass(GroupTranscript.Session - AMoment);
        Assert.Equal(KafkaError.None, group.Heartbeat("a-1", 2));
        Assert.Equal(string.Empty, group.Pass(AMoment));
        Assert.Equal(KafkaError.RebalanceInProgress, group.Heartbeat("a-1", 2));
        Assert.Equal(KafkaError.UnknownMemberId, group.Heartbeat("b-2", 2));
        Assert.Equal("a: a-1 joined 3 range led by a-1 of a-1", group.Join("a", "a-1"));
    }

    [Fact]
    public void The_leaders_death_makes_another_lead()
    {
        var group = StablePair();
        group.Pass(GroupTranscript.Session - AMoment);
        group.Heartbeat("b-2", 2);
        group.Pass(AMoment);
        Assert.Equal("b: b-2 joined 3 range led by b-2 of b-2", group.Join("b", "b-2"));
    }

    [Fact]
    public void Who_does_not_join_again_in_time_is_out()
    {
        var group = StablePair();
        Assert.Equal(string.Empty, group.Join("c"));
        Assert.Equal(string.Empty, group.Join("b", "b-2"));
        // The first one lives, but works on what it has read for too long.
        for (var waited = TimeSpan.Zero; waited < GroupTranscript.Rebalance - TimeSpan.FromSeconds(5); waited += TimeSpan.FromSeconds(5))
        {
            Assert.Equal(string.Empty, group.Pass(TimeSpan.FromSeconds(5)));
            Assert.Equal(KafkaError.RebalanceInProgress, group.Heartbeat("a-1", 2));
        }
        Assert.Equal("b: b-2 joined 3 range led by b-2 of b-2,c-3; c: c-3 joined 3 range led by b-2", group.Pass(TimeSpan.FromSeconds(5)));
        Assert.Equal(KafkaError.UnknownMemberId, group.Heartbeat("a-1", 2));
    }

    [Fact]
    public void A_leader_that_never_shares_out_is_taken_for_dead()
    {
        var group = Pair();
        group.Sync("b", "b-2", 2);
        for (var waited = TimeSpan.Zero; waited < GroupTranscript.Rebalance; waited += TimeSpan.FromSeconds(5))
        {
            group.Heartbeat("a-1", 2);
            group.Pass(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(KafkaError.UnknownMemberId, group.Heartbeat("a-1", 2));
        Assert.Equal("b: b-2 joined 3 range led by b-2 of b-2", group.Join("b", "b-2"));
    }

    [Fact]
    public void A_member_that_never_comes_for_its_share_goes_though_it_gives_signs_of_life()
    {
        var group = Pair();
        group.Sync("a", "a-1", 2, "a-1=left", "b-2=right");
        Assert.Equal(GroupPhase.Stable, group.Machine.Phase);
        for (var waited = TimeSpan.Zero; waited < GroupTranscript.Rebalance; waited += TimeSpan.FromSeconds(5))
        {
            Assert.Equal(KafkaError.None, group.Heartbeat("a-1", 2));
            Assert.Equal(KafkaError.None, group.Heartbeat("b-2", 2));
            group.Pass(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(KafkaError.UnknownMemberId, group.Heartbeat("b-2", 2));
        Assert.Equal(KafkaError.RebalanceInProgress, group.Heartbeat("a-1", 2));
        Assert.Equal("a: a-1 joined 3 range led by a-1 of a-1", group.Join("a", "a-1"));
    }

    [Fact]
    public void Members_that_came_for_their_shares_stay_for_as_long_as_they_are_heard_of()
    {
        var group = StablePair();
        for (var waited = TimeSpan.Zero; waited < 2 * GroupTranscript.Rebalance; waited += TimeSpan.FromSeconds(5))
        {
            Assert.Equal(KafkaError.None, group.Heartbeat("a-1", 2));
            Assert.Equal(KafkaError.None, group.Heartbeat("b-2", 2));
            group.Pass(TimeSpan.FromSeconds(5));
        }
        Assert.Equal(GroupPhase.Stable, group.Machine.Phase);
    }

    [Fact]
    public void The_last_to_leave_leaves_an_empty_group_whose_next_generation_is_a_later_one()
    {
        var group = StablePair();
        Assert.Equal("None", group.Leave("a-1"));
        Assert.Equal("None", group.Leave("b-2"));
        Assert.Equal(GroupPhase.Empty, group.Machine.Phase);
        Assert.Equal("c: c-3 joined 4 range led by c-3 of c-3", group.Join("c"));
    }

    [Fact]
    public void Generations_go_on_after_those_of_an_earlier_coordinator() =>
        Assert.Equal("a: a-1 joined 8 range led by a-1 of a-1", new GroupTranscript(generation: 7).Join("a"));

    [Fact]
    public void An_empty_group_waits_for_more_members_before_it_begins_once()
    {
        var group = new GroupTranscript(initialDelay: TimeSpan.FromSeconds(3));
        Assert.Equal(string.Empty, group.Join("a"));
        Assert.Equal(string.Empty, group.Pass(TimeSpan.FromSeconds(2)));
        Assert.Equal(string.Empty, group.Join("b"));
        Assert.Equal(string.Empty, group.Pass(TimeSpan.FromSeconds(2)));
        Assert.Equal("a: a-1 joined 1 range led by a-1 of a-1,b-2; b: b-2 joined 1 range led by a-1", group.Pass(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void The_protocol_is_one_that_all_know_and_most_like()
    {
        var group = new GroupTranscript();
        group.Join("a", protocols: "sticky,range");
        Assert.Equal("b: InconsistentGroupProtocol", group.Join("b", protocols: "roundrobin"));
        group.Join("b", protocols: "range,sticky,other");
        Assert.Contains("joined 2 sticky", group.Join("a", "a-1", protocols: "sticky,range"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_group_takes_nobody_else_but_those_who_are_in_it()
    {
        var group = new GroupTranscript(membersMax: 1);
        group.Join("a");
        Assert.Equal("b: GroupMaxSizeReached", group.Join("b"));
        Assert.Contains("a-1 joined", group.Join("a", "a-1"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_static_member_comes_back_to_its_share_and_its_old_id_is_fenced()
    {
        var group = new GroupTranscript();
        group.Join("a", instance: "one");
        group.Sync("a", "one-1", 1, "one-1=all");
        Assert.Equal("a: one-2 joined 1 range led by one-2 of one-2 as before", group.Join("a", instance: "one", canSkip: true));
        Assert.Equal("a: reads all", group.Sync("a", "one-2", 1));
        Assert.Equal(KafkaError.FencedInstanceId, group.Heartbeat("one-1", 1, instance: "one"));
        Assert.Equal(KafkaError.FencedInstanceId, group.Commit("one-1", 1, instance: "one"));
        Assert.Equal("FencedInstanceId", group.Leave("one-1", instance: "one"));
        Assert.Equal("None", group.Leave(string.Empty, instance: "one"));
    }

    [Fact]
    public void A_static_member_that_says_something_else_of_itself_after_a_start_disturbs_nobody()
    {
        // Clients tell which partitions they own and since when: none, after a start.
        var group = new GroupTranscript();
        group.Join("a", instance: "one", metadata: 1);
        group.Sync("a", "one-1", 1, "one-1=all");
        Assert.Equal("a: one-2 joined 1 range led by one-2 of one-2 as before", group.Join("a", instance: "one", canSkip: true, metadata: 2));
        Assert.Equal("a: reads all", group.Sync("a", "one-2", 1));
        // Unless the group's way of sharing out is not what it was.
        Assert.Equal("a: one-3 joined 2 sticky led by one-3 of one-3", group.Join("a", instance: "one", protocols: "sticky", canSkip: true));
    }

    [Fact]
    public void Commits_are_those_of_members_of_this_generation_and_of_nobody_while_shares_are_decided()
    {
        var group = Pair();
        Assert.Equal(KafkaError.RebalanceInProgress, group.Commit("a-1", 2));
        group.Sync("a", "a-1", 2, "a-1=left", "b-2=right");
        Assert.Equal(KafkaError.None, group.Commit("a-1", 2));
        Assert.Equal(KafkaError.IllegalGeneration, group.Commit("a-1", 1));
        Assert.Equal(KafkaError.UnknownMemberId, group.Commit("x", 2));
        Assert.Equal(KafkaError.UnknownMemberId, group.Commit(string.Empty, -1));
        // While they gather, each still holds what it has: this is when it commits before it gives it away.
        group.Join("c");
        Assert.Equal(KafkaError.None, group.Commit("a-1", 2));
    }

    [Fact]
    public void An_empty_group_takes_commits_of_readers_outside_of_it_whatever_they_call_themselves()
    {
        Assert.Equal(KafkaError.None, new GroupTranscript().Commit(string.Empty, -1));
        Assert.Equal(KafkaError.None, new GroupTranscript().Commit("never joined", -1));
        Assert.Equal(KafkaError.UnknownMemberId, new GroupTranscript().Commit("never joined", 1));
    }

    [Fact]
    public void Whoever_waits_is_told_when_the_group_goes_to_another_gateway()
    {
        var group = StablePair();
        group.Join("c");
        Assert.Equal("c: NotCoordinator c-3", group.Abandon());
        Assert.True(group.Machine.IsIdle);
    }

    /// <summary>Two members of generation 2, which has not been shared out; the first leads.</summary>
    private static GroupTranscript Pair()
    {
        var group = new GroupTranscript();
        group.Join("a");
        group.Sync("a", "a-1", 1, "a-1=all");
        Assert.Equal(string.Empty, group.Join("b"));
        Assert.Equal(KafkaError.RebalanceInProgress, group.Heartbeat("a-1", 1));
        Assert.Equal("a: a-1 joined 2 range led by a-1 of a-1,b-2; b: b-2 joined 2 range led by a-1", group.Join("a", "a-1"));
        return group;
    }

    private static GroupTranscript StablePair()
    {
        var group = Pair();
        group.Sync("a", "a-1", 2, "a-1=left", "b-2=right");
        group.Sync("b", "b-2", 2);
        return group;
    }

    private static string Sorted(params string[] told) =>
        string.Join("; ", told.SelectMany(static line => line.Split("; ", StringSplitOptions.RemoveEmptyEntries)).OrderDescending(StringComparer.Ordinal));
}
