using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>A member that joins again before its earlier connection is known to be lost keeps what it had, whichever way it takes records.</summary>
public sealed class ReturningMemberTests
{
    private static readonly ConsumerRef Name = new(Namespace.Default, "consumer");

    private readonly ConsumerMachine _machine = new(new ConsumerSpec { Consumer = Name }, pendingMax: 10);

    public ReturningMemberTests()
    {
        var log = _machine.AddLog(Guid.NewGuid(), TestNode.Log("t"));
        log.IsLive = log.IsCounted = true;
        _machine.Push(log, new ReadyRecord(0, 0, 10, 0), readyMax: 10);
        var member = Join("one", epoch: 1, credit: 0);
        Assert.Equal(1, Assert.Single(HandOut(Fetch(member))).DeliveryCount);
    }

    [Fact]
    public void A_fetch_of_the_member_gets_it_again_and_one_of_another_member_does_not()
    {
        var member = Join("one", epoch: 2, credit: 0);
        var other = Join("two", epoch: 1, credit: 5);
        Assert.Empty(HandOut(Fetch(other)));

        var fetch = Fetch(member);
        var again = Assert.Single(HandOut(fetch));
        Assert.Equal((fetch.Id, 2), (again.Slot, again.DeliveryCount));
        Assert.Equal(1, member.Pending);
    }

    [Theory]
    [InlineData(AckKind.Return, 2)]
    [InlineData(AckKind.Release, 1)]
    public void An_answer_to_what_it_got_before_still_gives_it_to_others(AckKind answer, int count)
    {
        Join("one", epoch: 2, credit: 0);
        var other = Join("two", epoch: 1, credit: 5);
        Assert.True(_machine.Answer(0, 0, 1, answer, 0, 0, nowMs: 0));

        var again = Assert.Single(HandOut());
        Assert.Equal((other.Id, count), (again.Slot, again.DeliveryCount));
        Assert.Equal(1, _machine.Outstanding);
    }

    [Fact]
    public void An_expired_record_that_is_to_be_kept_elsewhere_is_not_passed_by_until_it_is()
    {
        var spec = new ConsumerSpec { Consumer = Name, AckPolicy = AckPolicy.All, DeadLetter = new DeadLetterPolicy { Topic = TopicName.Parse("dead") } };
        var machine = new ConsumerMachine(spec, pendingMax: 10);
        var log = machine.AddLog(Guid.NewGuid(), TestNode.Log("t"));
        log.IsLive = log.IsCounted = true;
        machine.Push(log, new ReadyRecord(0, 5, 10, 0), readyMax: 10);
        machine.Push(log, new ReadyRecord(1, 0, 10, 0), readyMax: 10);
        machine.Tick(nowMs: 5);
        var dying = Assert.Single(machine.Dying);
        Assert.Equal([0], PendingAfterRestart(machine));

        // Whatever is acknowledged behind it.
        machine.Join(new ConsumerJoin { Consumer = Name, Member = "one", CreditRecords = 1 });
        var handed = new List<Handout>();
        machine.HandOut(nowMs: 5, handed, recordsMax: 10, bytesMax: 1_000);
        Assert.Equal(1, Assert.Single(handed).Offset);
        Assert.True(machine.Answer(0, 1, 1, AckKind.Acknowledge, 0, 0, nowMs: 5));
        Assert.Equal([0], PendingAfterRestart(machine));
        Assert.Equal(2, Assert.Single(log.Lanes.ToArray()).AckedTo);

        machine.Buried(dying);
        Assert.Empty(PendingAfterRestart(machine));
    }

    private static long[] PendingAfterRestart(ConsumerMachine machine)
    {
        using var stored = new PooledBytes();
        machine.WriteMoves();
        ConsumerSnapshot.Write(stored, machine, 1, 1);
        var (restarted, _, _) = ConsumerSnapshot.Read(stored.Span, pendingMax: 10);
        restarted.Loaded();
        return [.. restarted.Logs[0].Pending.Keys];
    }

    private MemberSlot Join(string name, long epoch, int credit) =>
        _machine.Join(new ConsumerJoin { Consumer = Name, Member = name, MemberEpoch = epoch, CreditRecords = credit });

    private MemberSlot Fetch(MemberSlot member) =>
        _machine.BeginFetch(new FetchRequest { Consumer = Name, MaxRecords = 5, MaxBytes = 1_000 }, member, nowMs: 0);

    /// <param name="fetch">Ends with what it got.</param>
    private List<Handout> HandOut(MemberSlot? fetch = null)
    {
        var handed = new List<Handout>();
        _machine.HandOut(nowMs: 0, handed, recordsMax: 10, bytesMax: 1_000);
        if (fetch is not null)
            _machine.EndFetch(fetch);
        return handed;
    }
}
