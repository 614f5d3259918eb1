using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Logs;

/// <summary>Reading large records by priority costs what they are, not the square of it.</summary>
public sealed class LargeRecordTests : IDisposable
{
    private const int Count = 100;
    private const int RecordBytes = 100_000;

    private static readonly Topic Box = new(TestNode.Spec("box", "box.>"), Guid.Parse("00112233-4455-6677-8899-aabbccddee00"), 1, 0);

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <param name="priority">Of most of them.</param>
    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public async Task A_page_by_priority_does_not_look_through_what_finds_no_room_in_it(int? priority)
    {
        await using var engine = new RocksDbLogEngine(_directory);
        var inner = await engine.OpenAsync(new LogId(Box.Id, 0), new LogOptions());
        var log = new IndexedLogOver(inner);
        await using var partition = new LogPartition(Box, 0, log, isPersistent: true, new StorageOptions());
        for (var at = 0; at < Count; at++)
            inner.Append(DiskNode.Record("box.a", $"{at:00}{new string('x', RecordBytes)}", priority: at % 10 == 5 ? 3 : priority), new Epoch(1), at + 1);

        var seen = new List<string>();
        var request = new ReadRequest { Log = TestNode.Log("box"), ByPriority = true, Start = ReadStart.First, MaxBytes = 3 * RecordBytes };
        while (true)
        {
            using var page = await new LogReader(partition, request, new StorageOptions(), TimeProvider.System).ReadAsync(CancellationToken.None);
            Assert.Equal(ErrorCode.None, page.Error);
            seen.AddRange(TestBatch.Read(page.Batches.Span).Select(static record => record.Value[..2]));
            if (page.LanePositions.Count == 0)
                break;
            request = request with { Start = ReadStart.Offset, Offset = page.NextOffset, LanePositions = page.LanePositions };
        }

        Assert.Equal(Enumerable.Range(0, Count).OrderBy(static at => at % 10 != 5).ThenBy(static at => at).Select(static at => $"{at:00}"), seen);
        // Once to find them, once to give them; a piece of the walk is a mebibyte, of which a page takes two or three records.
        Assert.InRange(log.BytesRead, 0, 8L * Count * RecordBytes);
    }
}
