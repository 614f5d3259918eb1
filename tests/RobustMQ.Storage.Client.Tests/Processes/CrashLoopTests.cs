using System.Globalization;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>
/// The real process is killed (SIGKILL) under load, again and again: what was acknowledged is there, once, in order, at the offset that was told. The number of kills is
/// <c>CRASH_LOOPS</c>, 10 where it says nothing.
/// </summary>
public sealed class CrashLoopTests : IAsyncLifetime
{
    private static readonly int Loops =
        int.Parse(Environment.GetEnvironmentVariable("CRASH_LOOPS") ?? "10", NumberStyles.None, CultureInfo.InvariantCulture);

    private readonly NodeProcess _node = new();

    public Task InitializeAsync() => _node.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(EngineKind.Segment, Durability.Durable)]
    [InlineData(EngineKind.Segment, Durability.Written)]
    [InlineData(EngineKind.RocksDb, Durability.Durable)]
    [InlineData(EngineKind.RocksDb, Durability.Written)]
    public async Task A_killed_node_loses_and_repeats_nothing(EngineKind engine, Durability durability)
    {
        await using var client = AdaptedNode.NewClient(_node.Address, static given => given with { FailFastAfter = Limits.Deadline });
        await client.CreateAsync(TestNode.Spec("t") with { Engine = engine, Durability = durability });
        var load = new AppendLoad(client, "t");
        var isOver = false;
        var running = load.RunAsync(_ => !Volatile.Read(ref isOver));
        var random = new Random(Loops);
        for (var loop = 1; loop <= Loops; loop++)
        {
            var answered = load.Answered;
            var some = random.Next(50, 400);
            await Eventually.TrueAsync(() => load.Answered > answered + some || running.IsCompleted, "appends between kills");
            await _node.KillAsync();
            await _node.StartAsync();
        }
        Volatile.Write(ref isOver, true);
        await running;

        load.AssertStored(await client.ReadAllAsync("t"));
    }
}
