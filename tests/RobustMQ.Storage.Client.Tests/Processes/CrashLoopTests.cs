using System.Globalization;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>
/// The real process is killed (SIGKILL) under load on a log of each durable engine, again and again: what was acknowledged is there, once, in order, at the offset that was told. The
/// number of kills is <c>CRASH_LOOPS</c>, 10 where it says nothing.
/// </summary>
public sealed class CrashLoopTests : IAsyncLifetime
{
    private static readonly int Loops =
        int.Parse(Environment.GetEnvironmentVariable("CRASH_LOOPS") ?? "10", NumberStyles.None, CultureInfo.InvariantCulture);

    private readonly NodeProcess _node = new();

    public Task InitializeAsync() => _node.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(Durability.Durable)]
    [InlineData(Durability.Written)]
    public async Task A_killed_node_loses_and_repeats_nothing(Durability durability)
    {
        await using var client = AdaptedNode.NewClient(_node.Address, static given => given with { FailFastAfter = Limits.Deadline });
        AppendLoad[] loads = [await LoadAsync(client, EngineKind.Segment, durability), await LoadAsync(client, EngineKind.RocksDb, durability)];
        var isOver = false;
        var running = Task.WhenAll(loads.Select(load => load.RunAsync(_ => !Volatile.Read(ref isOver))));
        var random = new Random(Loops);
        for (var loop = 1; loop <= Loops; loop++)
        {
            // The kill comes at a moment of its own to each log.
            var enough = loads.Select(load => load.Answered + random.Next(50, 400)).ToArray();
            await Eventually.TrueAsync(() => loads.Zip(enough).All(static one => one.First.Answered > one.Second) || running.IsCompleted, "appends between kills");
            await _node.KillAsync();
            await _node.StartAsync();
        }
        Volatile.Write(ref isOver, true);
        await running;

        foreach (var load in loads)
            load.AssertStored(await client.ReadAllAsync(load.Topic));
    }

    private static async Task<AppendLoad> LoadAsync(GrpcStorageClient client, EngineKind engine, Durability durability)
    {
        var topic = await client.CreateAsync(TestNode.Spec($"{engine}") with { Engine = engine, Durability = durability });
        return new AppendLoad(client, topic.Name.Value);
    }
}
