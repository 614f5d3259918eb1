using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Memory;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>Reads that find their beginning in a log which is appended to, and from which the oldest records go, at that very moment.</summary>
public sealed class ChangingLogReadTests : IAsyncLifetime
{
    private static readonly Topic Box = new(TestNode.Spec("box", "box.>"), Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 1, 0);

    private readonly MemoryLogEngine _engine = new();
    private ILog _inner = null!;

    public async Task InitializeAsync() => _inner = await _engine.OpenAsync(new LogId(Box.Id, 0), new LogOptions());

    public async Task DisposeAsync()
    {
        await _inner.DisposeAsync();
        await _engine.DisposeAsync();
    }

    [Theory]
    [InlineData(ReadStart.First)]
    [InlineData(ReadStart.Last)]
    [InlineData(ReadStart.Time)]
    public async Task A_record_that_goes_before_it_is_read_leaves_the_next_one(ReadStart start)
    {
        Append(100, "old");
        var log = new LogOver(_inner, beforeFirstRead: () =>
        {
            Append(200, "new");
            _inner.DeleteBefore(new Offset(1));
        });
        using var read = await ReadAsync(log, new ReadRequest { Log = TestNode.Log("box"), Start = start, TimeMs = 50 });
        Assert.Equal(ErrorCode.None, read.Error);
        Assert.Equal(["new"], Values(read));
    }

    [Fact]
    public async Task A_record_that_is_appended_while_its_time_is_looked_for_is_not_passed_over()
    {
        Append(100, "old");
        var log = new LogOver(_inner) { AfterTimeIsFound = () => Append(200, "new") };
        using var read = await ReadAsync(log, new ReadRequest { Log = TestNode.Log("box"), Start = ReadStart.Time, TimeMs = 150 });
        Assert.Equal(["new"], Values(read));
    }

    [Fact]
    public async Task A_time_is_not_found_behind_the_end_that_readers_are_shown()
    {
        var directory = Directory.CreateTempSubdirectory("robustmq-");
        var id = new LogId(Box.Id, 0);
        using (var store = new RocksDbStore(directory.FullName, tailBytesMax: 0))
        {
            await using var log = new RocksDbLog(store, id, new LogOptions(), RocksDbLogState.Empty);
            log.Append(TestBatch.At(100, "box.a", "box.b"), new Epoch(1), 1);
            log.Append(TestBatch.At(200, "box.a", "box.b"), new Epoch(1), 2);
            var batches = new RocksDbBatches(store, id);
            Assert.Equal((new Offset(2), 200), batches.FindTime(0, 4, 150));
            Assert.Equal((Offset.None, -1), batches.FindTime(0, 2, 150));
        }
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_read_that_its_caller_gave_up_looks_no_further()
    {
        const int Records = 2_000;
        await using var node = await DiskNode.OpenAsync();
        await node.CreateAsync("box", EngineKind.RocksDb);
        for (var at = 0; at < Records / 100; at++)
            await node.AppendAsync("box", DiskNode.Records([.. Enumerable.Range(0, 100).Select(n => ("box.a", $"{at} {n}", (int?)null, (long?)1, (long?)null))]));
        var partition = (await node.Node.Logs.FindAsync(TestNode.Log("box")))!;
        using var given = new CancellationTokenSource();
        var log = new IndexedLogOver(partition.Log) { BeforeEachRead = given.Cancel };
        var request = new ReadRequest { Log = TestNode.Log("box"), Filters = [SubjectFilter.Parse("box.a")], MaxWait = TimeSpan.FromMinutes(1) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await ReadAsync(log, request, given.Token));
        Assert.InRange(log.BytesRead, 1, partition.Log.SizeBytes / 2);
    }

    private void Append(long timeMs, string value) => _inner.Append(TestBatch.At(timeMs, value), new Epoch(1), 1);

    private static async ValueTask<ReadResult> ReadAsync(ILog log, ReadRequest request, CancellationToken cancellationToken = default)
    {
        // Closed by whoever opened the log.
        var partition = new LogPartition(Box, 0, log, isPersistent: true, new StorageOptions());
        return await new LogReader(partition, request, new StorageOptions(), TimeProvider.System).ReadAsync(cancellationToken);
    }

    private static IEnumerable<string?> Values(ReadResult read) => TestBatch.Read(read.Batches.Span).Select(static record => record.Key);
}
