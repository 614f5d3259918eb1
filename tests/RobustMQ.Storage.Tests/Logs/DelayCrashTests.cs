using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Logs.Delays;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>The three steps by which a delayed record comes into its log, stopped behind each of them.</summary>
public sealed class DelayCrashTests : IDisposable
{
    private const int Batches = 5;
    private const long DueMs = 1_000;

    private static readonly Topic Target = new(TestNode.Spec("box", "box.>"), Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 1, 0);
    private static readonly LogId Id = new(Target.Id, 0);

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    public static TheoryData<EngineKind, int, bool> Stops
    {
        get
        {
            var stops = new TheoryData<EngineKind, int, bool>();
            foreach (var engine in new[] { EngineKind.RocksDb, EngineKind.Segment })
            {
                for (var delivered = -1; delivered <= Batches; delivered++)
                {
                    stops.Add(engine, delivered, false);
                    stops.Add(engine, delivered, true);
                }
            }
            return stops;
        }
    }

    /// <param name="delivered">Batches that were appended before the stop; -1: nothing was claimed yet.</param>
    /// <param name="grows">Records that are due earlier come in between the stop and the next try.</param>
    [Theory]
    [MemberData(nameof(Stops))]
    public async Task A_stop_between_any_two_steps_neither_loses_nor_doubles_nor_reorders_a_record(EngineKind engine, int delivered, bool grows)
    {
        await using (var world = await OpenAsync(engine))
        {
            for (var i = 0; i < Batches; i++)
                world.Delays.Add(Id, [new DelayedBatch(DueMs + i, DiskNode.Record("box.a", $"{i}"))], mark: null);
            if (delivered >= 0)
                world.Delays.Claim(Id, DueMs + Batches);
            Deliver(world, Math.Max(delivered, 0));
        }
        await using var again = await OpenAsync(engine);
        Assert.Equal(Batches, again.Delays.Records);
        if (grows)
            again.Delays.Add(Id, [new DelayedBatch(DueMs - 1, DiskNode.Record("box.a", "early"))], mark: null);
        while (again.Delays.NextDueMs <= DueMs + Batches)
        {
            again.Delays.Claim(Id, DueMs + Batches);
            again.Delays.Settle(Id, Deliver(again, int.MaxValue), retryMs: DueMs);
        }
        Assert.Equal(0, again.Delays.Records);
        Assert.Equal(0, again.Delays.Bytes);
        var expected = Enumerable.Range(0, Batches).Select(i => $"{i}").ToList();
        if (grows)
            expected.Insert(delivered < 0 ? 0 : Batches, "early");
        Assert.Equal(expected, await ValuesAsync(again.Partition.Log));
    }

    private static int Deliver(World world, int countMax)
    {
        var count = 0;
        foreach (var batch in world.Delays.ReadClaims(Id).Take(countMax))
        {
            Assert.True(world.Partition.AppendDue(batch, new Epoch(1), 0, DueMs).Succeeded);
            count++;
        }
        return count;
    }

    private static async Task<List<string>> ValuesAsync(ILog log)
    {
        var bytes = new ArrayBufferWriter<byte>();
        await log.ReadAsync(new LogRead { From = log.StartOffset, MaxBytes = 1 << 20 }, bytes);
        return [.. TestBatch.Read(bytes.WrittenSpan).Select(record => record.Value)];
    }

    private async Task<World> OpenAsync(EngineKind kind)
    {
        var rocks = new RocksDbLogEngine(Path.Combine(_directory, "logs"));
        var segments = new SegmentLogEngine([new DiskDirectory(Path.Combine(_directory, "segments"))], new SegmentOptions(), NullLogger<SegmentLogEngine>.Instance);
        var log = await (kind == EngineKind.RocksDb ? (ILogEngine)rocks : segments).OpenAsync(Id, new LogOptions());
        var partition = new LogPartition(Target, 0, log, isPersistent: true, new StorageOptions());
        await partition.RestoreAsync(DueMs);
        return new World(rocks, segments, partition);
    }

    private sealed record World(RocksDbLogEngine Rocks, SegmentLogEngine Segments, LogPartition Partition) : IAsyncDisposable
    {
        public RocksDbDelays Delays => Rocks.Delays;

        public async ValueTask DisposeAsync()
        {
            await Partition.DisposeAsync();
            await Segments.DisposeAsync();
            await Rocks.DisposeAsync();
        }
    }
}
