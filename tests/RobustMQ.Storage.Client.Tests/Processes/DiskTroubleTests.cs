using System.Net;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Client.Tests.Support;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>
/// The real process on a disk that refuses: callers are told, nothing that was acknowledged is lost, and where that is safe the node goes on by itself once the disk does.
/// </summary>
public abstract class DiskTroubleTests : IAsyncLifetime
{
    private readonly EngineKind _engine;
    private CheckedAppends _appends = null!;

    /// <param name="engine">Of the logs. Each has a class of its own: its tests spend most of their time waiting, beside those of the other.</param>
    protected DiskTroubleTests(EngineKind engine)
    {
        _engine = engine;
        Node = new NodeProcess(Disk.ForProcess);
    }

    private protected DiskFaults Disk { get; } = new();

    private protected NodeProcess Node { get; }

    private protected GrpcStorageClient Client { get; private set; } = null!;

    /// <summary>Where the engine has its files.</summary>
    private protected string Logs => Path.Combine(Data, "data", _engine == EngineKind.Segment ? "segments" : "logs");

    private string Data => Node.Directory;

    public Task InitializeAsync() => DiskFaults.Library is null ? Task.CompletedTask : Node.StartAsync();

    public async Task DisposeAsync()
    {
        Disk.End();
        if (Client is not null)
            await Client.DisposeAsync();
        await Node.DisposeAsync();
        Disk.Dispose();
    }

    [DiskFaultsFact]
    public async Task A_full_disk_refuses_what_must_be_stored_and_serves_what_is_and_the_node_goes_on_when_there_is_room()
    {
        await BeginAsync();
        Disk.Fail(DiskFaults.NoSpace, Data, "write", "grow");
        Assert.All(await _appends.AppendAsync(10), error => Assert.Equal(ErrorCode.DiskFailure, error));
        Assert.False((await Client.Topics.CreateAsync(TestNode.Spec("new") with { Engine = _engine })).Succeeded);
        await _appends.AssertStoredAsync();
        Assert.Contains("No space left", await HealthAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);

        Disk.End();
        await _appends.RecoverAsync();
        await _appends.SucceedAsync(50);
        await HealthAsync(HttpStatusCode.OK);
        await CreateEventuallyAsync("another");
        await _appends.AssertStoredAsync();
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsFact]
    public async Task A_write_that_fails_is_refused_and_harms_nothing_that_was_acknowledged()
    {
        await BeginAsync();
        Disk.Fail(DiskFaults.IoError, Logs, "write");
        Assert.All(await _appends.AppendAsync(10), error => Assert.Equal(ErrorCode.DiskFailure, error));
        await _appends.AssertStoredAsync();
        Assert.Contains("error", await HealthAsync(HttpStatusCode.ServiceUnavailable), StringComparison.OrdinalIgnoreCase);

        Disk.End();
        // A file can be written over; a database that has lost a write must be opened again.
        if (_engine == EngineKind.Segment)
            await _appends.RecoverAsync();
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsFact]
    public async Task A_sync_that_fails_is_never_taken_for_done_later()
    {
        await BeginAsync();
        // A client repeats what it does not know the outcome of: this one gives up soon, and would be too hasty for a start.
        await using var hasty = NewClient(retryTime: TimeSpan.FromSeconds(2));
        _appends.Client = hasty;
        Disk.Fail(DiskFaults.IoError, Logs, "sync");
        // Its bytes are with the operating system, and nobody knows what becomes of them.
        Assert.NotEqual(ErrorCode.None, (await _appends.AppendAsync(1))[0]);
        Disk.End();
        // The client may still be asking what became of the first: then the outcome of those behind it is unknown, too.
        Assert.All(await _appends.AppendAsync(3), static error => Assert.NotEqual(ErrorCode.None, error));
        Assert.Contains("until it is opened again", await HealthAsync(HttpStatusCode.ServiceUnavailable), StringComparison.Ordinal);
        _appends.Client = Client;
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsFact]
    public async Task A_file_system_that_became_read_only_is_still_read()
    {
        await BeginAsync();
        Disk.Fail(DiskFaults.ReadOnly, Data, "write", "modify", "grow", "names");
        Assert.All(await _appends.AppendAsync(5), error => Assert.Equal(ErrorCode.DiskFailure, error));
        await _appends.AssertStoredAsync();
        Assert.False((await Client.Topics.CreateAsync(TestNode.Spec("new") with { Engine = _engine })).Succeeded);
        await HealthAsync(HttpStatusCode.ServiceUnavailable);
        Disk.End();
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsFact]
    public async Task Without_file_handles_what_is_open_goes_on_and_what_is_not_is_refused()
    {
        await BeginAsync();
        Disk.Fail(DiskFaults.TooManyOpenFiles, Data, "open");
        await _appends.SucceedAsync(20);
        var created = await Client.Topics.CreateAsync(TestNode.Spec("new") with { Engine = _engine });
        // A topic of the rocksdb engine has no file of its own.
        Assert.Equal(_engine == EngineKind.RocksDb, created.Succeeded);
        Disk.End();
        await CreateEventuallyAsync("new");
        Assert.True((await Client.AppendAsync("new", TestBatch.Of("a"))).Succeeded);
        await _appends.SucceedAsync(20);
        await HealthAsync(HttpStatusCode.OK);
        await AssertStoredAfterRestartAsync();
    }

    [DiskFaultsFact]
    public async Task A_slow_disk_slows_its_callers_down_and_takes_no_memory()
    {
        const int BatchBytes = 64 << 10;
        const int Unanswered = 4_000;
        await BeginAsync();
        var batch = TestBatch.OfValues("k", new string('x', BatchBytes));
        // The last of them waits for the disk as often as it takes.
        await using var patient = NewClient(retryTime: TimeSpan.FromMinutes(5));
        await patient.CreateAsync(TestNode.Spec("slow") with { Engine = _engine });
        // What the engine buffers on its own, memtables and all, it has by then.
        await Task.WhenAll(Enumerable.Range(0, Unanswered / 2).Select(_ => patient.AppendAsync("slow", batch)));
        var before = Node.MemoryBytes;
        Disk.Delay(TimeSpan.FromMilliseconds(200), Logs, "sync");
        var appends = Enumerable.Range(0, Unanswered).Select(_ => patient.AppendAsync("slow", batch)).ToList();
        var most = 0L;
        while (!appends.TrueForAll(append => append.IsCompleted))
        {
            most = Math.Max(most, Node.MemoryBytes - before);
            await Task.WhenAny(Task.WhenAll(appends), Task.Delay(100));
        }
        Assert.All(await Task.WhenAll(appends), result => Assert.Equal(ErrorCode.None, result.Error));
        // 250 MiB wait at the client, not in the node.
        Assert.InRange(most, long.MinValue, 160L << 20);
        await _appends.SucceedAsync(3);
        Disk.End();
        await AssertStoredAfterRestartAsync();
    }

    private GrpcStorageClient NewClient(TimeSpan? retryTime = null) =>
        AdaptedNode.NewClient(Node.Address, given => given with { FailFastAfter = Limits.Deadline, RetryTime = retryTime ?? given.RetryTime });

    private protected async Task BeginAsync()
    {
        Client = NewClient();
        await Client.CreateAsync(TestNode.Spec("t") with { Engine = _engine, Durability = Durability.Durable });
        _appends = new CheckedAppends(Client, "t");
        await _appends.SucceedAsync(50);
    }

    private async Task CreateEventuallyAsync(string topic)
    {
        using var limit = new CancellationTokenSource(Limits.Deadline);
        while ((await Client.Topics.CreateAsync(TestNode.Spec(topic) with { Engine = _engine })).Error is var error and not ErrorCode.None and not ErrorCode.AlreadyExists)
        {
            Assert.False(limit.IsCancellationRequested, $"topics can be created again: {error}");
            await Task.Delay(50);
        }
    }

    private async Task AssertStoredAfterRestartAsync()
    {
        await Node.KillAsync();
        await Node.StartAsync();
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
            using var response = await http.GetAsync(new Uri(Node.Admin, "/healthz"));
            var text = await response.Content.ReadAsStringAsync();
            if (response.StatusCode == expected)
                return text;
            Assert.False(limit.IsCancellationRequested, $"health becomes {expected}: {text}");
            await Task.Delay(50);
        }
    }
}
