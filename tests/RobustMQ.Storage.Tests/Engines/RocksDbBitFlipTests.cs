using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>
/// Single bits of every file of a node's two databases flip, one at a time, while it is down: the start is refused, or what is missing is refused when it is read, or nothing is missing. A wrong
/// payload is never served. <c>BIT_FLIPS</c> says how many; the seed is printed.
/// </summary>
public sealed class RocksDbBitFlipTests : IAsyncLifetime
{
    private const int Batches = 60;
    private const int PerBatch = 3;

    private readonly string _pristine = Directory.CreateTempSubdirectory("robustmq-").FullName;
    private readonly string _damaged = Directory.CreateTempSubdirectory("robustmq-").FullName;

    private static int Flips => int.TryParse(Environment.GetEnvironmentVariable("BIT_FLIPS"), out var flips) ? flips : 120;

    /// <summary>Half of it in tables, half in the write-ahead log, as a node has it that has run for a while.</summary>
    public async Task InitializeAsync()
    {
        for (var half = 0; half < 2; half++)
        {
            await using var node = await OpenAsync(_pristine);
            if (half == 0)
                Assert.True((await node.Topics.CreateAsync(TestNode.Spec("box", "box.>") with { Engine = EngineKind.RocksDb })).Succeeded);
            for (var i = 0; i < Batches / 2; i++)
                Assert.True((await AppendAsync(node, half * (Batches / 2) + i)).Succeeded);
        }
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_pristine, recursive: true);
        Directory.Delete(_damaged, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_flipped_bit_is_noticed_or_does_no_harm()
    {
        var seed = Environment.TickCount;
        var files = Directory.GetFiles(_pristine, "*", SearchOption.AllDirectories).Where(IsData).Order(StringComparer.Ordinal).ToArray();
        Assert.Contains(files, file => file.EndsWith(".sst", StringComparison.Ordinal));
        int refusedStarts = 0, refusedReads = 0, harmless = 0;
        for (var round = 0; round < Flips; round++)
        {
            var random = new Random(seed + round);
            var file = files[random.Next(files.Length)];
            var length = new FileInfo(file).Length;
            if (length == 0)
                continue;
            var bit = random.NextInt64(length * 8);
            Copy();
            var target = Path.Combine(_damaged, Path.GetRelativePath(_pristine, file));
            Flip(target, bit);
            switch (await OutcomeAsync($"seed {seed + round}: bit {bit} of {Path.GetRelativePath(_pristine, file)}"))
            {
                case Outcome.RefusedStart:
                    refusedStarts++;
                    break;
                case Outcome.RefusedRead:
                    refusedReads++;
                    break;
                default:
                    harmless++;
                    break;
            }
        }
        Console.WriteLine($"{Flips} flips: {refusedStarts} starts refused, {refusedReads} reads refused, {harmless} harmless");
    }

    private enum Outcome
    {
        Harmless,
        RefusedStart,
        RefusedRead,
    }

    private async Task<Outcome> OutcomeAsync(string where)
    {
        NodeStorage node;
        try
        {
            node = await OpenAsync(_damaged);
        }
        catch (StorageException)
        {
            return Outcome.RefusedStart;
        }
        await using (node)
        {
            var log = TestNode.Log("box");
            var values = new List<string>();
            var refused = false;
            var topic = await node.Topics.GetAsync(TestNode.Ns, TopicName.Parse("box"));
            Assert.True(topic.Succeeded, $"{where}: the topic is gone and nobody was told");
            for (var next = Offset.Zero; next.Value < Batches * PerBatch;)
            {
                using var read = await node.Logs.ReadAsync(new ReadRequest { Log = log, Offset = next });
                if (read.Error != ErrorCode.None)
                {
                    Assert.True(read.Error == ErrorCode.DiskFailure, $"{where}: {read.Error}");
                    refused = true;
                    break;
                }
                foreach (var record in TestBatch.Read(read.Batches.Span))
                    Assert.True(record.Value == Value(record.Offset), $"{where}: a wrong payload at offset {record.Offset}");
                values.AddRange(TestBatch.Read(read.Batches.Span).Select(record => record.Value));
                if (read.NextOffset <= next)
                    break;
                next = read.NextOffset;
            }
            // The last entry of a write-ahead log may be what a crash tore off: damage there cannot be told from that.
            var least = where.EndsWith(".log", StringComparison.Ordinal) ? (Batches - 1) * PerBatch : Batches * PerBatch;
            Assert.True(refused || values.Count >= least, $"{where}: {values.Count} records are left and nobody was told");
            return refused ? Outcome.RefusedRead : Outcome.Harmless;
        }
    }

    /// <summary>RocksDB's own logs for people, its lock and its copy of the options are not data.</summary>
    private static bool IsData(string path)
    {
        var name = Path.GetFileName(path);
        return name.EndsWith(".sst", StringComparison.Ordinal) || name.EndsWith(".log", StringComparison.Ordinal)
            || name.StartsWith("MANIFEST", StringComparison.Ordinal) || name == "CURRENT";
    }

    private void Copy()
    {
        Directory.Delete(_damaged, recursive: true);
        foreach (var file in Directory.GetFiles(_pristine, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(_damaged, Path.GetRelativePath(_pristine, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private static void Flip(string path, long bit)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        File.WriteAllBytes(path, bytes);
    }

    private static string Value(long offset) => $"value {offset} {new string((char)('a' + offset % 26), 200)}";

    private static async Task<AppendResult> AppendAsync(NodeStorage node, int batch)
    {
        var records = Enumerable.Range(batch * PerBatch, PerBatch).Select(offset => ($"box.{offset % 7}", Value(offset), (int?)(int)(offset % 3), (long?)null, (long?)null));
        return await node.Logs.AppendAsync(new AppendRequest { Log = TestNode.Log("box"), Batch = DiskNode.Records([.. records]) });
    }

    private static Task<NodeStorage> OpenAsync(string directory) =>
        NodeStorage.OpenAsync(new StorageOptions { DataDirectory = directory }, new ManualTime(), NullLoggerFactory.Instance);
}
