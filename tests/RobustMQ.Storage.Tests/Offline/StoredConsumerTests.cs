using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Offline;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Offline;

/// <summary>What an operator sees of consumers in the data of a node that stands still, and takes along in a backup.</summary>
public sealed class StoredConsumerTests
{
    private static readonly ConsumerRef Name = new(TestNode.Ns, "c");

    [Fact]
    public async Task Consumers_are_listed_verified_backed_up_and_restored()
    {
        await using var node = await DiskNode.OpenAsync();
        await FillAsync(node);
        await node.Node.DisposeAsync();
        var backup = Path.Combine(node.Directory, "..", Path.GetFileName(node.Directory) + "-backup");
        var restored = backup + "-restored";
        try
        {
            var places = new DataPlaces(node.Directory, []);
            using (var stored = new StoredNode(places))
            {
                var journal = Assert.Single(stored.ReadLogs(), static log => log.IsJournal);
                Assert.True(journal.Topic is null && journal.Records > 0);
                var report = stored.Check();
                Assert.True(report.IsSound && report.NoteCount == 0, string.Join('\n', report.Findings));
            }
            DataBackup.Take(places, backup, TimeProvider.System);
            DataBackup.Restore(backup, new DataPlaces(restored, []));
            await using var again = await NodeStorage.OpenAsync(new StorageOptions { DataDirectory = restored }, node.Time, NullLoggerFactory.Instance);
            var state = (await again.Consumers.GetAsync(Name)).State!;
            Assert.Equal((2, 1, 2), (state.Waiting, state.Acknowledged, state.LastSequence));
            Assert.Equal(7, Assert.Single(again.Offsets.Fetch(TestNode.Ns, "g", []).Offsets).Offset.Value);
        }
        finally
        {
            foreach (var directory in new[] { backup, restored }.Where(Directory.Exists))
                Directory.Delete(directory, recursive: true);
            await node.StartAgainAsync();
        }
    }

    private static async Task FillAsync(DiskNode node)
    {
        await node.CreateAsync("t", EngineKind.Segment);
        await node.AppendAsync("t", TestBatch.OfValues("t.a", "1", "2", "3"));
        await node.Node.Consumers.CreateAsync(new ConsumerSpec { Consumer = Name, Bindings = [new ConsumerBinding { Id = 1, Topic = TopicName.Parse("t") }] });
        using (var fetched = await node.Node.Consumers.FetchAsync(new FetchRequest { Consumer = Name, MaxRecords = 2 }))
            Assert.Single(fetched.Deliveries);
        var answer = new Acknowledgement(new DeliveryId(TestNode.Log("t"), new Offset(0), 1));
        Assert.Equal(ErrorCode.None, await node.Node.Consumers.AcknowledgeAsync(Name, new[] { answer }));
        var commit = new OffsetCommit { Namespace = TestNode.Ns, Group = "g", Offsets = [new GroupOffset(TestNode.Log("t"), new Offset(7), Epoch.None)] };
        Assert.Equal(ErrorCode.None, await node.Node.Offsets.CommitAsync(commit));
    }
}
