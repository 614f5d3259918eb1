using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers.Core;

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
}
