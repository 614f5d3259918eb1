using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>A fetch that does not wait is told that there is nothing only where there is nothing.</summary>
public sealed class EmptyFetchTests
{
    private const int Rounds = 3_000;

    [Fact]
    public async Task What_was_acknowledged_before_a_fetch_comes_with_it_in_whatever_order_it_was_appended()
    {
        await using var test = await TestNode.OpenAsync(more: new PersistentMemoryEngine());
        await test.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment });
        var consumer = new ConsumerRef(TestNode.Ns, "c");
        var spec = new ConsumerSpec { Consumer = consumer, Bindings = [new ConsumerBinding { Id = 1, Topic = TopicName.Parse("orders") }], AckPolicy = AckPolicy.None };
        Assert.Equal(ErrorCode.None, (await test.Node.Consumers.CreateAsync(spec)).Error);
        var taken = 0;
        for (var round = 1; round <= Rounds; round++)
        {
            // Two threads: the later batch may be announced before the earlier one, and then the log is read.
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () => Assert.True((await test.AppendAsync("orders", TestBatch.Of("a"))).Succeeded))));
            while (taken < 2 * round)
            {
                using var fetched = await test.Node.Consumers.FetchAsync(new FetchRequest { Consumer = consumer, MaxRecords = 9 });
                var got = fetched.Deliveries.Sum(static deliveries => deliveries.Marks.Length);
                Assert.True(got > 0, $"nothing in round {round}, where {(2 * round) - taken} wait");
                taken += got;
            }
        }
    }
}
