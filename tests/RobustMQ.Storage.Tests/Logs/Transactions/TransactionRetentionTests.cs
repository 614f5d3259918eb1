using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Engines.Segment;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Logs.Reads;
using RobustMQ.Storage.Tests.Disk;
using RobustMQ.Storage.Tests.Engines;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs.Transactions;

/// <summary>What is known of transactions and producers while the batches that told of them go: under a reader's hands, and before a crash.</summary>
public sealed class TransactionRetentionTests
{
    private const long One = 71;

    private static readonly Topic Target = new(TestNode.Spec("t", "t.>"), SegmentWorld.Id.Topic, 1, 0);
    private static readonly AppendConditions First = new() { BeginsTransactionAfter = Offset.None };

    [Theory]
    [InlineData(ReadStart.First, ErrorCode.None)]
    [InlineData(ReadStart.Offset, ErrorCode.OffsetOutOfRange)]
    public async Task Aborted_records_are_no_messages_though_their_abort_is_forgotten_while_they_are_read(ReadStart start, ErrorCode expected)
    {
        var world = await SegmentWorld.OpenAsync(new FaultyDisk());
        LogPartition partition = null!;
        var log = new LogOver(world.Log, afterFirstRead: () =>
        {
            partition.DeleteBefore(new Offset(2));
            partition.Retain(nowMs: 1_000);
        });
        partition = Open(log);
        Append(partition, TestBatch.InTransaction(One, 0, 0, "t.aborted"), First);
        Append(partition, TestBatch.Abort(One, 0));
        Append(partition, TestBatch.Of("t.plain"));
        using var read = await new LogReader(partition, new ReadRequest { Log = TestNode.Log("t"), Start = start }, new StorageOptions(), TimeProvider.System)
            .ReadAsync(CancellationToken.None);
        Assert.Equal(expected, read.Error);
        Assert.Equal(start == ReadStart.First ? ["t.plain"] : [], TestBatch.Read(read.Batches.Span).Select(static record => record.Key));
        await world.CloseAsync();
    }

    [Fact]
    public async Task What_was_aborted_of_stored_batches_is_said_though_it_is_forgotten_before_the_answer()
    {
        await using var disk = await DiskNode.OpenAsync();
        await disk.CreateAsync("t", EngineKind.Segment);
        await disk.AppendAsync("t", TestBatch.InTransaction(One, 0, 0, "t.a"), First);
        await disk.AppendAsync("t", TestBatch.Abort(One, 0));
        var logs = disk.Node.Logs;
        using var part = new PartOfMany(new LogPosition(TestNode.Log("t"), Offset.Zero, 0), ReadIsolation.StoredStable);
        await part.FindAsync(logs);
        Assert.True(await part.ReadAsync(logs, 1 << 20, isFirst: true, nowMs: 0) > 0);
        var partition = (await logs.FindAsync(TestNode.Log("t")))!;
        partition.DeleteBefore(new Offset(2));
        partition.Retain(nowMs: 1_000);
        using var result = part.ToResult(isDraining: false);
        Assert.Equal(new AbortedTransaction(One, Offset.Zero), Assert.Single(result.Aborted));
    }

    [Fact]
    public async Task A_transaction_whose_end_is_gone_with_all_before_it_is_not_open_after_a_crash()
    {
        var disk = new FaultyDisk();
        var partition = await OpenAsync(disk);
        Append(partition, TestBatch.InTransaction(One, 0, 0, "t.a"), First);
        // The snapshot says that it is open.
        await partition.DisposeAsync();
        partition = await OpenAsync(disk = disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        Append(partition, TestBatch.Commit(One, 0));
        Append(partition, TestBatch.Of("t.b"));
        partition.DeleteBefore(new Offset(2));
        await partition.Log.FlushAsync(Durability.Durable);

        partition = await OpenAsync(disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        Assert.Equal((2, 3), (partition.Log.StartOffset.Value, partition.Settled.EndOffset.Value));
        Append(partition, TestBatch.Of("t.c"));
        Assert.Equal(4, partition.Settled.EndOffset.Value);
        await partition.DisposeAsync();
    }

    [Fact]
    public async Task A_transaction_that_goes_on_behind_what_is_gone_is_open_after_a_crash()
    {
        var disk = new FaultyDisk();
        var partition = await OpenAsync(disk);
        Append(partition, TestBatch.InTransaction(One, 0, 0, "t.a"), First);
        await partition.DisposeAsync();
        partition = await OpenAsync(disk = disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        Append(partition, TestBatch.Of("t.b"));
        Append(partition, TestBatch.InTransaction(One, 0, 1, "t.c"));
        partition.DeleteBefore(new Offset(2));
        await partition.Log.FlushAsync(Durability.Durable);

        partition = await OpenAsync(disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        Assert.Equal(2, partition.Settled.EndOffset.Value);
        Append(partition, TestBatch.Commit(One, 0));
        Assert.Equal(4, partition.Settled.EndOffset.Value);
        await partition.DisposeAsync();
    }

    [Fact]
    public async Task A_producer_goes_on_after_a_crash_though_its_last_batches_are_gone()
    {
        var disk = new FaultyDisk();
        var partition = await OpenAsync(disk);
        Append(partition, TestBatch.ByProducer(7, 1, 0, "t.a"));
        await partition.DisposeAsync();
        partition = await OpenAsync(disk = disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        for (var sequence = 1; sequence < 5; sequence++)
            Append(partition, TestBatch.ByProducer(7, 1, sequence, "t.a"));
        partition.DeleteBefore(partition.Log.EndOffset);
        await partition.Log.FlushAsync(Durability.Durable);

        partition = await OpenAsync(disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        CheckGoesOn(partition, sequence: 5);
        await partition.DisposeAsync();
    }

    [Fact]
    public async Task A_producer_goes_on_after_a_crash_though_its_last_records_were_removed_one_by_one()
    {
        var directory = Directory.CreateTempSubdirectory("robustmq-");
        await using (var engine = new RocksDbLogEngine(directory.FullName))
        {
            var partition = Open(await engine.OpenAsync(SegmentWorld.Id, new LogOptions()));
            for (var sequence = 0; sequence < 5; sequence++)
                Append(partition, TestBatch.ByProducer(7, 1, sequence, "t.a"));
            partition.Delete([new Offset(1), new Offset(2), new Offset(3), new Offset(4)]);
        }
        await using (var engine = new RocksDbLogEngine(directory.FullName))
        {
            var partition = Open(await engine.OpenAsync(SegmentWorld.Id, new LogOptions()));
            await partition.RestoreAsync(nowMs: 1_000);
            CheckGoesOn(partition, sequence: 5);
        }
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_producers_repeat_is_known_after_a_crash_though_its_first_batches_are_gone_with_all_before_them()
    {
        var disk = new FaultyDisk();
        var partition = await OpenAsync(disk);
        for (var sequence = 0; sequence < 5; sequence++)
            Append(partition, TestBatch.ByProducer(7, 1, sequence, "t.a"));
        // Delivered and acknowledged, before the producer was answered.
        partition.DeleteBefore(new Offset(3));
        await partition.Log.FlushAsync(Durability.Durable);

        partition = await OpenAsync(disk.Restart(AfterCrash.KeepsAll, new Random(1)));
        for (var sequence = 0; sequence < 5; sequence++)
            Assert.True(TryAppend(partition, TestBatch.ByProducer(7, 1, sequence, "t.a")).IsDuplicate);
        Append(partition, TestBatch.ByProducer(7, 1, 5, "t.a"));
        await partition.DisposeAsync();
    }

    [Fact]
    public async Task A_producers_repeat_is_known_after_a_crash_though_its_first_records_were_removed_one_by_one()
    {
        var directory = Directory.CreateTempSubdirectory("robustmq-");
        await using (var engine = new RocksDbLogEngine(directory.FullName))
        {
            var partition = Open(await engine.OpenAsync(SegmentWorld.Id, new LogOptions()));
            Append(partition, TestBatch.Of("t.stays"));
            for (var sequence = 0; sequence < 5; sequence++)
                Append(partition, TestBatch.ByProducer(7, 1, sequence, "t.a"));
            partition.Delete([new Offset(1), new Offset(2)]);
        }
        await using (var engine = new RocksDbLogEngine(directory.FullName))
        {
            var partition = Open(await engine.OpenAsync(SegmentWorld.Id, new LogOptions()));
            await partition.RestoreAsync(nowMs: 1_000);
            for (var sequence = 0; sequence < 5; sequence++)
                Assert.True(TryAppend(partition, TestBatch.ByProducer(7, 1, sequence, "t.a")).IsDuplicate);
        }
        directory.Delete(recursive: true);
    }

    private static void CheckGoesOn(LogPartition partition, int sequence)
    {
        Assert.Equal(ErrorCode.Fenced, TryAppend(partition, TestBatch.ByProducer(7, 0, sequence, "t.a")).Error);
        Assert.True(TryAppend(partition, TestBatch.ByProducer(7, 1, 0, "t.a")).IsDuplicate);
        Append(partition, TestBatch.ByProducer(7, 1, sequence, "t.a"));
        Assert.True(TryAppend(partition, TestBatch.ByProducer(7, 1, sequence, "t.a")).IsDuplicate);
        // From then on nothing is missing, and nothing may be.
        Assert.Equal(ErrorCode.OutOfSequence, TryAppend(partition, TestBatch.ByProducer(7, 1, sequence + 2, "t.a")).Error);
    }

    private static async Task<LogPartition> OpenAsync(FaultyDisk disk)
    {
        var engine = new SegmentLogEngine([disk.Root], SmallSegments.Options, NullLogger.Instance);
        var partition = Open(await engine.OpenAsync(SegmentWorld.Id, new LogOptions()));
        await partition.RestoreAsync(nowMs: 1_000);
        return partition;
    }

    private static LogPartition Open(ILog log) => new(Target, 0, log, isPersistent: true, new StorageOptions(), keepsTransactions: true);

    private static void Append(LogPartition partition, byte[] batch, AppendConditions? conditions = null) =>
        Assert.Equal(ErrorCode.None, TryAppend(partition, batch, conditions).Error);

    private static AppendResult TryAppend(LogPartition partition, byte[] batch, AppendConditions? conditions = null) => partition.Append(batch, conditions, new Epoch(1), 0, 1_000);
}
