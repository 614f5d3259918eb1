using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Faults;

/// <summary>Whatever a node answers on the way, an append that is acknowledged in the end is stored once and in its place.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private TestNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.OpenAsync(more: new PersistentMemoryEngine());
        await _node.CreateAsync("memory");
        await _node.CreateAsync(TestNode.Spec("stored") with { Engine = EngineKind.Segment });
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(Fault.NotLeader)]
    [InlineData(Fault.Unavailable)]
    [InlineData(Fault.StoredUnknown)]
    [InlineData(Fault.LostUnknown)]
    [InlineData(Fault.Fenced)]
    [InlineData(Fault.StoredEnd)]
    [InlineData(Fault.LostEnd)]
    public Task One_kind_of_fault_in_twenty_appends(object fault)
    {
        var kind = (Fault)fault;
        var count = 0;
        return AppendThroughAsync(mayBeStored => ++count % 20 == 0 && !(kind == Fault.Fenced && mayBeStored) ? kind : Fault.None, 600);
    }

    [Theory]
    [InlineData(Fault.NotLeader)]
    [InlineData(Fault.StoredUnknown)]
    [InlineData(Fault.Fenced)]
    [InlineData(Fault.LostEnd)]
    public Task The_first_append_of_all_meets_a_fault_and_those_behind_it_do_not_overtake_it(object fault)
    {
        var count = 0;
        return AppendThroughAsync(_ => ++count == 1 ? (Fault)fault : Fault.None, 200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public Task Faults_of_every_kind_at_random(int seed)
    {
        var random = new Random(seed);
        var kinds = Enum.GetValues<Fault>();
        return AppendThroughAsync(
            mayBeStored =>
            {
                if (random.Next(40) > 0)
                    return Fault.None;
                var fault = kinds[random.Next(kinds.Length)];
                // A node that has the append and fences its producer has told somebody else's epoch: nobody shares this client's.
                return fault == Fault.Fenced && mayBeStored ? Fault.None : fault;
            },
            1_000);
    }

    [Fact]
    public async Task A_node_that_never_leads_is_given_up_in_time()
    {
        await using var server = await FaultyServer.StartAsync(_node.Node, static _ => Fault.NotLeader);
        await using var client = AdaptedNode.NewClient(server.Address, static given => given with { RetryTime = TimeSpan.FromMilliseconds(300) });
        // Given up while an attempt is on its way, nobody can say what becomes of that.
        var error = (await client.AppendAsync("stored", TestBatch.Of("a"))).Error;
        Assert.True(error is ErrorCode.Unavailable or ErrorCode.UnknownOutcome, $"{error}");
        Assert.Empty(await _node.ReadAsync("stored"));
    }

    private async Task AppendThroughAsync(Func<bool, Fault> choose, int appends)
    {
        await using var server = await FaultyServer.StartAsync(_node.Node, choose);
        await using var client = AdaptedNode.NewClient(server.Address);
        var memory = new AppendLoad(client, "memory");
        var stored = new AppendLoad(client, "stored");
        await Task.WhenAll(memory.RunAsync(append => append < appends), stored.RunAsync(append => append < appends));
        memory.AssertStored(await _node.ReadAsync("memory"));
        stored.AssertStored(await _node.ReadAsync("stored"));
    }
}
