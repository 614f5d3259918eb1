using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Nodes;

/// <summary>A node whose log database was damaged while it was down: what lies in it is refused and reported, logs of other engines are served, and the files stay as they are.</summary>
public sealed class DamagedDatabaseTests
{
    public enum Damage
    {
        ManifestCut,
        ManifestGarbled,
        ManifestMissing,
        CurrentMissing,
        CurrentGarbled,
        TableGarbled,
        TableMissing,
        LogGarbled,
        AllGone,
    }

    [Theory]
    [InlineData(Damage.ManifestCut)]
    [InlineData(Damage.ManifestGarbled)]
    [InlineData(Damage.ManifestMissing)]
    [InlineData(Damage.CurrentMissing)]
    [InlineData(Damage.CurrentGarbled)]
    [InlineData(Damage.TableGarbled)]
    [InlineData(Damage.TableMissing)]
    [InlineData(Damage.LogGarbled)]
    [InlineData(Damage.AllGone)]
    public async Task Its_logs_are_refused_and_those_of_other_engines_are_served(Damage damage)
    {
        await using var test = await DiskNode.OpenAsync();
        await MixedNode.FillAsync(test);
        await test.Node.DisposeAsync();
        var logs = Path.Combine(test.Directory, "logs");
        var whole = Read(logs);
        Apply(damage, logs);
        var damaged = Read(logs);

        await test.StartAgainAsync();
        await AssertServedAsync(test);
        await AssertRefusedAsync(test);
        await test.Node.DisposeAsync();
        foreach (var (name, bytes) in damaged)
            Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(logs, name)));

        // Its operator has put it right.
        Directory.Delete(logs, recursive: true);
        Directory.CreateDirectory(logs);
        foreach (var (name, bytes) in whole)
            await File.WriteAllBytesAsync(Path.Combine(logs, name), bytes);
        await test.StartAgainAsync();
        Assert.True(test.Node.Health.IsReady);
        Assert.Equal("1 2 3", await test.ValuesAsync("rocks"));
        Assert.Equal("1 2 3 4", await test.ValuesAsync("segment"));
        Assert.Equal(3, (await test.Node.Consumers.GetAsync(MixedNode.OfSegment)).State!.Waiting);
        Assert.Equal(3, (await test.Node.Consumers.GetAsync(MixedNode.OfRocks)).State!.Waiting);
        Assert.Equal(new Offset(2), Assert.Single(test.Node.Offsets.Fetch(TestNode.Ns, "g", []).Offsets).Offset);
    }

    private static async Task AssertServedAsync(DiskNode test)
    {
        Assert.Equal("1 2 3", await test.ValuesAsync("segment"));
        Assert.True((await test.AppendAsync("segment", TestBatch.OfValues("segment.a", "4"))).Succeeded);
        Assert.Equal("1 2 3 4", await test.ValuesAsync("segment"));
        Assert.True((await test.Node.Topics.CreateAsync(TestNode.Spec("another", "another.>") with { Engine = EngineKind.Segment })).Succeeded);
        Assert.Equal("1 2 3", await test.ValuesAsync("wanted"));

        Assert.Equal(4, (await test.Node.Consumers.GetAsync(MixedNode.OfSegment)).State!.Waiting);
        using (var fetched = await test.Node.Consumers.FetchAsync(new FetchRequest { Consumer = MixedNode.OfSegment, MaxRecords = 1 }))
            Assert.Equal(ErrorCode.None, await test.Node.Consumers.AcknowledgeAsync(MixedNode.OfSegment, new Acknowledgement[] { new(new DeliveryId(fetched.Deliveries[0].Log, Offset.Zero, 1)) }));
        Assert.Equal(new Offset(2), Assert.Single(test.Node.Offsets.Fetch(TestNode.Ns, "g", []).Offsets).Offset);
        // There may be something in a log that nobody can read.
        using var nothing = await test.Node.Consumers.FetchAsync(new FetchRequest { Consumer = MixedNode.OfRocks, MaxRecords = 1 });
        Assert.Empty(nothing.Deliveries);
    }

    private static async Task AssertRefusedAsync(DiskNode test)
    {
        Assert.Equal(ErrorCode.DiskFailure, (await test.AppendAsync("rocks", TestBatch.OfValues("rocks.a", "4"))).Error);
        using (var read = await test.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("rocks"), Start = ReadStart.First }))
            Assert.Equal(ErrorCode.DiskFailure, read.Error);
        Assert.Equal(ErrorCode.DiskFailure, (await test.Node.Topics.CreateAsync(TestNode.Spec("new", "new.>") with { Engine = EngineKind.RocksDb })).Error);
        var delayed = DiskNode.Record("segment.a", "later", delayUntilMs: test.Time.GetUtcNow().ToUnixTimeMilliseconds() + 60_000);
        Assert.Equal(ErrorCode.DiskFailure, (await test.AppendAsync("segment", delayed)).Error);

        var health = test.Node.Health;
        Assert.False(health.IsReady);
        Assert.Contains(Path.Combine(test.Directory, "logs"), health.Stages.Single(static stage => stage.Name == "logs").Detail, StringComparison.Ordinal);
        Assert.True(health.Stages.Single(static stage => stage.Name == "consumers").IsHealthy);
    }

    private static void Apply(Damage damage, string logs)
    {
        var manifest = Directory.GetFiles(logs, "MANIFEST-*").MaxBy(static path => path, StringComparer.Ordinal)!;
        switch (damage)
        {
            case Damage.ManifestCut:
                File.WriteAllBytes(manifest, File.ReadAllBytes(manifest)[..20]);
                break;
            case Damage.ManifestGarbled:
                Garble(manifest);
                break;
            case Damage.ManifestMissing:
                File.Delete(manifest);
                break;
            case Damage.CurrentMissing:
                File.Delete(Path.Combine(logs, "CURRENT"));
                break;
            case Damage.CurrentGarbled:
                Garble(Path.Combine(logs, "CURRENT"));
                break;
            case Damage.TableGarbled:
                foreach (var table in Directory.GetFiles(logs, "*.sst"))
                    Garble(table);
                break;
            case Damage.TableMissing:
                foreach (var table in Directory.GetFiles(logs, "*.sst"))
                    File.Delete(table);
                break;
            case Damage.LogGarbled:
                Garble(Directory.GetFiles(logs, "*.log").MaxBy(static path => new FileInfo(path).Length)!);
                break;
            default:
                Directory.Delete(logs, recursive: true);
                Directory.CreateDirectory(logs);
                break;
        }
    }

    /// <summary>Every seventh byte of its first half is another one.</summary>
    private static void Garble(string path)
    {
        var bytes = File.ReadAllBytes(path);
        for (var at = 3; at <= bytes.Length / 2; at += 7)
            bytes[at] ^= 0x55;
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Files with data; RocksDB's own logs for people and its copies of the options come and go.</summary>
    private static Dictionary<string, byte[]> Read(string logs) =>
        Directory.GetFiles(logs)
            .Where(static path => Path.GetFileName(path) is var name && (name is "CURRENT" or "IDENTITY" || name.StartsWith("MANIFEST-", StringComparison.Ordinal)
                || name.EndsWith(".sst", StringComparison.Ordinal) || name.EndsWith(".log", StringComparison.Ordinal)))
            .ToDictionary(static path => Path.GetFileName(path), File.ReadAllBytes);
}
