using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>The newest record of every key, of a log that changes meanwhile.</summary>
public sealed class LastPerKeyTests : IDisposable
{
    private static readonly Topic Box = new(TestNode.Spec("box", "box.>"), Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 1, 0);

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_key_that_is_replaced_during_the_read_is_where_the_answer_says_to_read_on()
    {
        await using var engine = new RocksDbLogEngine(_directory);
        var inner = await engine.OpenAsync(new LogId(Box.Id, 0), new LogOptions());
        var log = new LogOver(inner, () =>
        {
            inner.Append(DiskNode.Record("box.a", "new"), new Epoch(1), 3);
            inner.Delete([Offset.Zero]);
        });
        await using var partition = new LogPartition(Box, 0, log, isPersistent: true, new StorageOptions());
        inner.Append(DiskNode.Record("box.a", "old"), new Epoch(1), 1);
        inner.Append(DiskNode.Record("box.b", "other"), new Epoch(1), 2);

        using var first = await ReadAsync(partition, Offset.Zero);
        Assert.Equal(["other"], Values(first));
        Assert.True(first.NextOffset < first.LogEndOffset);
        using var second = await ReadAsync(partition, first.NextOffset);
        Assert.Equal(["new"], Values(second));
        Assert.Equal(second.LogEndOffset, second.NextOffset);
    }

    [Fact]
    public async Task The_last_record_of_a_key_that_is_replaced_before_it_is_looked_at_is_the_new_one()
    {
        await using var engine = new RocksDbLogEngine(_directory);
        var inner = await engine.OpenAsync(new LogId(Box.Id, 0), new LogOptions());
        var log = new LogOver(inner, beforeFirstRead: () =>
        {
            inner.Append(DiskNode.Record("box.a", "new"), new Epoch(1), 3);
            inner.Delete([Offset.Zero]);
        });
        await using var partition = new LogPartition(Box, 0, log, isPersistent: true, new StorageOptions());
        inner.Append(DiskNode.Record("box.a", "old"), new Epoch(1), 1);
        inner.Append(DiskNode.Record("box.b", "other"), new Epoch(1), 2);

        var request = new ReadRequest { Log = TestNode.Log("box"), Start = ReadStart.Last, Filters = [SubjectFilter.Parse("box.a")], MaxRecords = 1 };
        using var read = await ReadAsync(partition, request);
        Assert.Equal(["new"], Values(read));
    }

    /// <summary>The index of a log and its end do not move at the same moment.</summary>
    [Theory]
    [InlineData(ReadStart.Last)]
    [InlineData(ReadStart.LastPerKey)]
    public async Task The_last_record_of_a_key_is_the_last_that_is_shown_though_the_index_knows_a_newer_one(ReadStart start)
    {
        await using var engine = new RocksDbLogEngine(_directory);
        var inner = await engine.OpenAsync(new LogId(Box.Id, 0), new LogOptions());
        var log = new IndexedLogOver(inner);
        await using var partition = new LogPartition(Box, 0, log, isPersistent: true, new StorageOptions());
        inner.Append(DiskNode.Record("box.a", "old"), new Epoch(1), 1);
        log.ShownTo = inner.EndOffset;
        inner.Append(DiskNode.Record("box.a", "new"), new Epoch(1), 2);

        var request = new ReadRequest { Log = TestNode.Log("box"), Start = start, Filters = [SubjectFilter.Parse("box.a")], MaxRecords = 1 };
        using (var read = await ReadAsync(partition, request))
            Assert.Equal(["old"], Values(read));
        log.ShownTo = Offset.None;
        using var later = await ReadAsync(partition, request);
        Assert.Equal(["new"], Values(later));
    }

    [Fact]
    public async Task The_last_record_of_a_key_is_an_earlier_one_where_the_newest_has_expired()
    {
        await using var disk = await DiskNode.OpenAsync();
        await disk.CreateAsync("box", EngineKind.RocksDb);
        await disk.AppendAsync("box", DiskNode.Record("box.a", "stays"));
        await disk.AppendAsync("box", DiskNode.Record("box.a", "goes", expiresAtMs: disk.Time.GetUtcNow().ToUnixTimeMilliseconds() + 1_000));
        var request = new ReadRequest { Log = TestNode.Log("box"), Start = ReadStart.Last, Filters = [SubjectFilter.Parse("box.a")], MaxRecords = 1 };
        using (var read = await disk.Node.Logs.ReadAsync(request))
            Assert.Equal(["goes"], Values(read));
        disk.Time.Advance(TimeSpan.FromSeconds(2));
        using var later = await disk.Node.Logs.ReadAsync(request);
        Assert.Equal(["stays"], Values(later));
    }

    [Theory]
    [InlineData(EngineKind.Memory)]
    [InlineData(EngineKind.RocksDb)]
    [InlineData(EngineKind.Segment)]
    public async Task The_last_record_of_a_key_is_always_there_while_it_is_replaced_again_and_again(EngineKind engine)
    {
        const int Times = 2_000;
        await using var disk = await DiskNode.OpenAsync();
        await disk.CreateAsync("box", engine, static spec => spec with { Retention = new Retention { MaxRecordsPerKey = 1 } });
        await disk.AppendAsync("box", DiskNode.Record("box.a", "-1"));
        var writing = Task.Run(async () =>
        {
            for (var time = 0; time < Times; time++)
            {
                var append = new AppendRequest { Log = TestNode.Log("box"), Batch = DiskNode.Record(time % 3 == 1 ? $"box.{time}" : "box.a", $"{time}"), Durability = Durability.Accepted };
                Assert.Equal(ErrorCode.None, (await disk.Node.Logs.AppendAsync(append)).Error);
            }
        });
        var last = -1;
        while (!writing.IsCompleted)
        {
            using var read = await disk.Node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("box"), Start = ReadStart.Last, Filters = [SubjectFilter.Parse("box.a")], MaxRecords = 1 });
            Assert.Equal(ErrorCode.None, read.Error);
            var seen = int.Parse(Assert.Single(Values(read)));
            Assert.True(seen >= last, $"{seen} after {last}");
            last = seen;
        }
        await writing;
    }

    private static ValueTask<ReadResult> ReadAsync(LogPartition partition, Offset from) =>
        ReadAsync(partition, new ReadRequest { Log = TestNode.Log("box"), Start = ReadStart.LastPerKey, Offset = from });

    private static ValueTask<ReadResult> ReadAsync(LogPartition partition, ReadRequest request) =>
        new LogReader(partition, request, new StorageOptions(), TimeProvider.System).ReadAsync(CancellationToken.None);

    private static IEnumerable<string> Values(ReadResult read) => TestBatch.Read(read.Batches.Span).Select(static record => record.Value);
}
