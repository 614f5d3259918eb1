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

    private static ValueTask<ReadResult> ReadAsync(LogPartition partition, Offset from) =>
        new LogReader(partition, new ReadRequest { Log = TestNode.Log("box"), Start = ReadStart.LastPerKey, Offset = from }, new StorageOptions(), TimeProvider.System)
            .ReadAsync(CancellationToken.None);

    private static IEnumerable<string> Values(ReadResult read) => TestBatch.Read(read.Batches.Span).Select(static record => record.Value);
}
