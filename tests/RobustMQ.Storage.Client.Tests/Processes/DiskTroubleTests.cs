using System.Net;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>
/// The real process on a disk that refuses: callers are told, nothing that was acknowledged is lost, and where that is safe the node goes on by itself once the disk does.
/// </summary>
public sealed class DiskTroubleTests : IAsyncLifetime
{
    private readonly DiskFaults _disk = new();
    private readonly NodeProcess _node;
    private GrpcStorageClient _client = null!;
    private CheckedAppends _appends = null!;

    public DiskTroubleTests() => _node = new NodeProcess(_disk.ForProcess);

    private string Data => _node.Directory;

    public Task InitializeAsync() => DiskFaults.Library is null ? Task.CompletedTask : _node.StartAsync();

    public async Task DisposeAsync()
    {
        _disk.End();
        if (_client is not null)
            await _client.DisposeAsync();
        await _node.DisposeAsync();
        _disk.Dispose();
    }

    [DiskFaultsTheory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_full_disk_refuses_what_must_be_stored_and_serves_what_is_and_the_node_goes_on_when_there_is_room(EngineKind engine)
    {
        await BeginAsync(engine);
        _disk.Fail(DiskFaults.NoSpace, Data, "write", "grow");
        Assert.All(await _appends.AppendAsync(10), error => Assert.Equal(ErrorCode.DiskFailure, error));
        Assert.False((await _client.Topics.CreateAsync(TestNode.Spec("new") with { Engine = engine })).Succeeded);
        await _appends.AssertStoredAsync();
        Assert.Contains("No space left", await HealthAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);

        _disk.End();
        await _appends.RecoverAsync();
        await _appends.SucceedAsync(50);
        await HealthAsync(HttpStatusCode.OK);
        await CreateEventuallyAsync("another", engine);
        await _appends.AssertStoredAsync();
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsTheory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_write_that_fails_is_refused_and_harms_nothing_that_was_acknowledged(EngineKind engine)
    {
        await BeginAsync(engine);
        _disk.Fail(DiskFaults.IoError, LogsOf(engine), "write");
        Assert.All(await _appends.AppendAsync(10), error => Assert.Equal(ErrorCode.DiskFailure, error));
        await _appends.AssertStoredAsync();
        Assert.Contains("error", await HealthAsync(HttpStatusCode.ServiceUnavailable), StringComparison.OrdinalIgnoreCase);

        _disk.End();
        // A file can be written over; a database that has lost a write must be opened again.
        if (engine == EngineKind.Segment)
            await _appends.RecoverAsync();
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsTheory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_sync_that_fails_is_never_taken_for_done_later(EngineKind engine)
    {
        await BeginAsync(engine);
        // A client repeats what it does not know the outcome of: this one gives up soon, and would be too hasty for a start.
        await using var hasty = NewClient(retryTime: TimeSpan.FromSeconds(2));
        _appends.Client = hasty;
        _disk.Fail(DiskFaults.IoError, LogsOf(engine), "sync");
        // Its bytes are with the operating system, and nobody knows what becomes of them.
        Assert.NotEqual(ErrorCode.None, (await _appends.AppendAsync(1))[0]);
        _disk.End();
        // The client may still be asking what became of the first: then the outcome of those behind it is unknown, too.
        Assert.All(await _appends.AppendAsync(3), static error => Assert.NotEqual(ErrorCode.None, error));
        Assert.Contains("until it is opened again", await HealthAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        _appends.Client = _client;
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsTheory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_file_system_that_became_read_only_is_still_read(EngineKind engine)
    {
        await BeginAsync(engine);
        _disk.Fail(DiskFaults.ReadOnly, Data, "write", "modify", "grow", "names");
        Assert.All(await _appends.AppendAsync(5), error => Assert.Equal(ErrorCode.DiskFailure, error));
        await _appends.AssertStoredAsync();
        Assert.False((await _client.Topics.CreateAsync(TestNode.Spec("new") with { Engine = engine })).Succeeded);
        await HealthAsync(HttpStatusCode.ServiceUnavailable);
        _disk.End();
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsTheory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task Without_file_handles_what_is_open_goes_on_and_what_is_not_is_refused(EngineKind engine)
    {
        await BeginAsync(engine);
        _disk.Fail(DiskFaults.TooManyOpenFiles, Data, "open");
        await _appends.SucceedAsync(20);
        var created = await _client.Topics.CreateAsync(TestNode.Spec("new") with { Engine = engine });
        // A topic of the rocksdb engine has no file of its own.
        Assert.Equal(engine == EngineKind.RocksDb, created.Succeeded);
        _disk.End();
        await CreateEventuallyAsync("new", engine);
        Assert.True((await _client.AppendAsync("new", TestBatch.Of("a"))).Succeeded);
        await _appends.SucceedAsync(20);
        await HealthAsync(HttpStatusCode.OK);
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsTheory]
    [InlineData(EngineKind.Segment)]
    [InlineData(EngineKind.RocksDb)]
    public async Task A_slow_disk_slows_its_callers_down_and_takes_no_memory(EngineKind engine)
    {
        const int BatchBytes = 64 << 10;
        const int Unanswered = 4_000;
        await BeginAsync(engine);
        var batch = TestBatch.OfValues("k", new string('x', BatchBytes));
        // The last of them waits for the disk as often as it takes.
        await using var patient = NewClient(retryTime: TimeSpan.FromMinutes(5));
        await patient.CreateAsync(TestNode.Spec("slow") with { Engine = engine });
        // What the engine buffers on its own, memtables and all, it has by then.
        await Task.WhenAll(Enumerable.Range(0, Unanswered / 2).Select(_ => patient.AppendAsync("slow", batch)));
        var before = _node.MemoryBytes;
        _disk.Delay(TimeSpan.FromMilliseconds(200), LogsOf(engine), "sync");
        var appends = Enumerable.Range(0, Unanswered).Select(_ => patient.AppendAsync("slow", batch)).ToList();
        var most = 0L;
        while (!appends.TrueForAll(append => append.IsCompleted))
        {
            most = Math.Max(most, _node.MemoryBytes - before);
            await Task.WhenAny(Task.WhenAll(appends), Task.Delay(100));
        }
        Assert.All(await Task.WhenAll(appends), result => Assert.Equal(ErrorCode.None, result.Error));
        // 250 MiB wait at the client, not in the node.
        Assert.InRange(most, long.MinValue, 160L << 20);
        await _appends.SucceedAsync(3);
        _disk.End();
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsTheory]
    [InlineData(EngineKind.RocksDb)]
    public async Task What_was_acknowledged_as_durable_survives_a_loss_of_power(EngineKind engine)
    {
        await BeginAsync(engine);
        var load = new AppendLoad(_client, "load");
        await _client.CreateAsync(TestNode.Spec("load") with { Engine = engine, Durability = Durability.Durable });
        // So that the power goes between a write and its sync.
        _disk.Delay(TimeSpan.FromMilliseconds(20), LogsOf(engine), "sync");
        var isOver = false;
        var running = load.RunAsync(_ => !Volatile.Read(ref isOver));
        var lost = 0L;
        for (var loop = 0; loop < 5; loop++)
        {
            var answered = load.Answered;
            await Eventually.TrueAsync(() => load.Answered > answered + 200 || running.IsCompleted, "appends before the power is lost");
            await _node.KillAsync();
            lost += _disk.LoseUnsynced(LogsOf(engine));
            await _node.StartAsync();
        }
        Volatile.Write(ref isOver, true);
        await running;
        Assert.True(lost > 0, "some appends were written and not synced when the power went");
        load.AssertStored(await _client.ReadAllAsync("load"));
    }

    /// <summary>Where an engine has its files.</summary>
    private string LogsOf(EngineKind engine) => Path.Combine(Data, "data", engine == EngineKind.Segment ? "segments" : "logs");

    private GrpcStorageClient NewClient(TimeSpan? retryTime = null) =>
        AdaptedNode.NewClient(_node.Address, given => given with { FailFastAfter = Limits.Deadline, RetryTime = retryTime ?? given.RetryTime });

    private async Task BeginAsync(EngineKind engine)
    {
        _client = NewClient();
        await _client.CreateAsync(TestNode.Spec("t") with { Engine = engine, Durability = Durability.Durable });
        _appends = new CheckedAppends(_client, "t");
        await _appends.SucceedAsync(50);
    }

    private async Task CreateEventuallyAsync(string topic, EngineKind engine)
    {
        using var limit = new CancellationTokenSource(Limits.Deadline);
        while ((await _client.Topics.CreateAsync(TestNode.Spec(topic) with { Engine = engine })).Error is var error and not ErrorCode.None and not ErrorCode.AlreadyExists)
        {
            Assert.False(limit.IsCancellationRequested, $"topics can be created again: {error}");
            await Task.Delay(50);
        }
    }

    private async Task AssertStoredAfterRestartAsync()
    {
        await _node.KillAsync();
        await _node.StartAsync();
        await _appends.SucceedAsync(10);
        await _appends.AssertStoredAsync();
        await HealthAsync(HttpStatusCode.OK);
    }

    /// <summary>Waits for the health to be so.</summary>
    private async Task<string> HealthAsync(HttpStatusCode expected)
    {
        using var limit = new CancellationTokenSource(Limits.Deadline);
        using var http = new HttpClient();
        while (true)
        {
            using var response = await http.GetAsync(new Uri(_node.Admin, "/healthz"));
            var text = await response.Content.ReadAsStringAsync();
            if (response.StatusCode == expected)
                return text;
            Assert.False(limit.IsCancellationRequested, $"health becomes {expected}: {text}");
            await Task.Delay(50);
        }
    }
}
