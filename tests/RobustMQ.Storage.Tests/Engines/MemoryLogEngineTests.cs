using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Memory;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

public sealed class MemoryLogEngineTests : LogEngineContract
{
    private protected override ValueTask<ILogEngine> OpenEngineAsync() => new(new MemoryLogEngine());

    [Fact]
    public async Task Appending_to_a_full_ring_allocates_nothing()
    {
        await using var engine = new MemoryLogEngine();
        await using var log = await engine.OpenAsync(new LogId(Guid.NewGuid(), 0), new LogOptions { Retention = new Retention { MaxBytes = 4 << 20 } });
        var batch = TestBatch.Of([.. Enumerable.Range(0, 200).Select(i => $"subject.{i}")]);
        const int Appends = 3_000;
        for (var i = 0; i < Appends; i++)
            log.Append(batch, new Epoch(1), 0);

        // The runtime takes some kilobytes now and then for its own: not three times in a row.
        var least = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Appends; i++)
                log.Append(batch, new Epoch(1), 0);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.InRange(least, 0, 4_096);
    }

    [Fact]
    public async Task A_small_log_takes_little_memory()
    {
        await using var engine = new MemoryLogEngine();
        var before = GC.GetAllocatedBytesForCurrentThread();
        await using var log = await engine.OpenAsync(new LogId(Guid.NewGuid(), 0), new LogOptions());
        log.Append(TestBatch.Of("a"), new Epoch(1), 0);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16_384);
    }

    [Fact]
    public async Task Space_of_displaced_records_is_given_back()
    {
        await using var engine = new MemoryLogEngine();
        await using var log = await engine.OpenAsync(new LogId(Guid.NewGuid(), 0), new LogOptions { Retention = new Retention { MaxRecordsPerKey = 1 } });
        var value = new string('v', 1_000);
        for (var i = 0; i < 20_000; i++)
            log.Append(TestBatch.OfValues($"key.{i % 10}", value), new Epoch(1), 0);
        Assert.Equal(10, log.RecordCount);
        Assert.InRange(log.SizeBytes, 10_000, 2 << 20);
        Assert.Equal(new Offset(19_995), log.FindLastOfKey("key.5"u8));
    }
}
