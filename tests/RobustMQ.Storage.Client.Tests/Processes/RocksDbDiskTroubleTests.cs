using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

public sealed class RocksDbDiskTroubleTests() : DiskTroubleTests(EngineKind.RocksDb)
{
    [DiskFaultsFact]
    public async Task What_was_acknowledged_as_durable_survives_a_loss_of_power()
    {
        await BeginAsync();
        var load = new AppendLoad(Client, "load");
        await Client.CreateAsync(TestNode.Spec("load") with { Engine = EngineKind.RocksDb, Durability = Durability.Durable });
        // So that the power goes between a write and its sync.
        Disk.Delay(TimeSpan.FromMilliseconds(20), Logs, "sync");
        var isOver = false;
        var running = load.RunAsync(_ => !Volatile.Read(ref isOver));
        var lost = 0L;
        for (var loop = 0; loop < 5; loop++)
        {
            var answered = load.Answered;
            await Eventually.TrueAsync(() => load.Answered > answered + 200 || running.IsCompleted, "appends before the power is lost");
            await Node.KillAsync();
            lost += Disk.LoseUnsynced(Logs);
            await Node.StartAsync();
        }
        Volatile.Write(ref isOver, true);
        await running;
        Assert.True(lost > 0, "some appends were written and not synced when the power went");
        load.AssertStored(await Client.ReadAllAsync("load"));
    }
}
