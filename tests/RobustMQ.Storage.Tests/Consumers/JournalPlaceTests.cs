using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>Which engine the consumers' journal lies in.</summary>
public sealed class JournalPlaceTests
{
    private static readonly LogId Journal = new(ConsumerJournal.LogTopic, 0);

    private readonly PersistentMemoryEngine _segments = new(EngineKind.Segment);
    private readonly PersistentMemoryEngine _database = new(EngineKind.RocksDb);

    [Fact]
    public async Task A_new_one_begins_in_segment_files()
    {
        await OpenAsync(_database, _segments);

        Assert.True(_segments.Has(Journal));
        Assert.False(_database.Has(Journal));
    }

    [Fact]
    public async Task One_that_the_database_has_stays_there()
    {
        await OpenAsync(_database);
        await OpenAsync(_database, _segments);

        Assert.False(_segments.Has(Journal));
    }

    [Fact]
    public async Task One_in_segment_files_does_not_ask_a_damaged_database()
    {
        await OpenAsync(_segments);
        await OpenAsync(new DamagedLogEngine(EngineKind.RocksDb, "logs", "it is damaged"), _segments);

        Assert.True(_segments.Has(Journal));
    }

    [Fact]
    public async Task None_is_begun_while_nobody_knows_whether_a_damaged_database_has_one()
    {
        await Assert.ThrowsAsync<StorageException>(() => OpenAsync(new DamagedLogEngine(EngineKind.RocksDb, "logs", "it is damaged"), _segments));

        Assert.False(_segments.Has(Journal));
    }

    private static async Task OpenAsync(params ILogEngine[] engines)
    {
        var byKind = engines.ToDictionary(static engine => engine.Kind);
        var logs = new LogTable(byKind, new StorageOptions(), TimeProvider.System);
        await using var journal = await ConsumerJournal.OpenAsync(logs, byKind, null!, TimeProvider.System);
    }
}
