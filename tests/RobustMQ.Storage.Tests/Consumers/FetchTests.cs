using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

public sealed class FetchTests
{
    private static readonly ConsumerRef Name = new(Namespace.Default, "consumer");

    [Fact]
    public void A_fetch_that_nobody_has_looked_at_is_not_told_that_there_is_nothing()
    {
        var machine = new ConsumerMachine(new ConsumerSpec { Consumer = Name }, pendingMax: 10);
        machine.HandOut(nowMs: 0, [], recordsMax: 10, bytesMax: 1000);
        var fetch = machine.BeginFetch(new FetchRequest { Consumer = Name }, member: null, nowMs: 0);
        machine.EndFetches(nowMs: 0, nothingMore: true);
        Assert.Empty(machine.EndedFetches);

        machine.HandOut(nowMs: 0, [], recordsMax: 10, bytesMax: 1000);
        machine.EndFetches(nowMs: 0, nothingMore: true);
        Assert.Same(fetch, Assert.Single(machine.EndedFetches));
    }

    [Theory]
    [InlineData(MemberPolicy.Shared, "leaves")]
    [InlineData(MemberPolicy.Shared, "is lost")]
    [InlineData(MemberPolicy.Shared, "comes again")]
    [InlineData(MemberPolicy.SingleActive, "is followed")]
    public void A_fetch_that_waits_for_a_member_gets_nothing_once_that_is_not_served_any_more(MemberPolicy policy, string change)
    {
        var machine = new ConsumerMachine(new ConsumerSpec { Consumer = Name, Members = policy }, pendingMax: 10);
        var log = machine.AddLog(Guid.NewGuid(), TestNode.Log("t"));
        log.IsLive = log.IsCounted = true;
        var member = machine.Join(new ConsumerJoin { Consumer = Name, Member = "one", MemberEpoch = 1, ReturnWithin = TimeSpan.FromSeconds(change == "is lost" ? 9 : 0) });
        var fetch = machine.BeginFetch(new FetchRequest { Consumer = Name, MaxWait = TimeSpan.FromSeconds(9) }, member, nowMs: 0);
        if (change is "leaves" or "is lost")
            machine.Leave(member, isLost: true, nowMs: 0);
        else if (change == "comes again")
            machine.Join(new ConsumerJoin { Consumer = Name, Member = "one", MemberEpoch = 2 });
        var other = machine.Join(new ConsumerJoin { Consumer = Name, Member = "two", Priority = 1, CreditRecords = 5 });

        AssertOverAndOtherGets(machine, log, fetch, other);
    }

    [Theory]
    [InlineData(MemberPolicy.Exclusive, false)]
    [InlineData(MemberPolicy.SingleActive, false)]
    [InlineData(MemberPolicy.Shared, true)]
    public void A_fetch_that_waits_for_nobody_is_over_when_a_member_comes_that_is_to_be_alone(MemberPolicy policy, bool isExclusive)
    {
        var machine = new ConsumerMachine(new ConsumerSpec { Consumer = Name, Members = policy }, pendingMax: 10);
        var log = machine.AddLog(Guid.NewGuid(), TestNode.Log("t"));
        log.IsLive = log.IsCounted = true;
        var fetch = machine.BeginFetch(new FetchRequest { Consumer = Name, MaxWait = TimeSpan.FromSeconds(9) }, member: null, nowMs: 0);
        var other = machine.Join(new ConsumerJoin { Consumer = Name, Member = "two", IsExclusive = isExclusive, CreditRecords = 5 });

        AssertOverAndOtherGets(machine, log, fetch, other);
    }

    private static void AssertOverAndOtherGets(ConsumerMachine machine, LogProgress log, MemberSlot fetch, MemberSlot other)
    {
        machine.Push(log, new ReadyRecord(0, 0, 10, 0), readyMax: 10);
        var handed = new List<Handout>();
        machine.HandOut(nowMs: 0, handed, recordsMax: 10, bytesMax: 1000);
        machine.EndFetches(nowMs: 0, nothingMore: false);

        Assert.Equal(other.Id, Assert.Single(handed).Slot);
        Assert.Same(fetch, Assert.Single(machine.EndedFetches));
        Assert.True(fetch.IsShutOut);
        Assert.True(machine.Members.Fetches.IsEmpty);
    }
}
