using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Disk;

/// <summary>A node over several log directories, some of which are not what they were.</summary>
public sealed class LogDirectoriesTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("robustmq-").FullName;

    private string One => Path.Combine(_root, "one");

    private string Two => Path.Combine(_root, "two");

    private string Data => Path.Combine(_root, "data");

    public async Task InitializeAsync()
    {
        await using var node = await OpenAsync(One, Two);
        await node.Topics.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment, Partitions = 4 });
        for (var partition = 0; partition < 4; partition++)
            Assert.True((await node.Logs.AppendAsync(new AppendRequest { Log = TestNode.Log("orders", partition), Batch = TestBatch.Of("a") })).Succeeded);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_directory_whose_disk_is_not_mounted_stops_the_start_and_nothing_begins_anew()
    {
        Directory.Move(Two, Two + ".away");
        await RefusedAsync("is its disk mounted?", One, Two);
        Assert.Empty(Directory.GetDirectories(Two));
        Directory.Delete(Two);
        Directory.Move(Two + ".away", Two);
        await AssertWholeAsync(One, Two);
    }

    [Fact]
    public async Task A_directory_that_is_no_longer_named_stops_the_start()
    {
        await RefusedAsync(Two, One);
        await AssertWholeAsync(One, Two);
    }

    [Fact]
    public async Task A_directory_is_added_and_one_is_moved_into_another()
    {
        var three = Path.Combine(_root, "three");
        await AssertWholeAsync(One, Two, three);
        foreach (var path in Directory.GetFileSystemEntries(Two))
            Directory.Move(path, Path.Combine(three, Path.GetFileName(path)));
        await AssertWholeAsync(One, three);
    }

    [Fact]
    public async Task A_directory_may_lie_elsewhere()
    {
        var moved = Path.Combine(_root, "moved");
        Directory.Move(Two, moved);
        await AssertWholeAsync(moved, One);
        await AssertWholeAsync(One, moved);
    }

    [Fact]
    public async Task The_directory_of_another_node_is_refused()
    {
        var other = Path.Combine(_root, "other");
        await using (var node = await NodeStorage.OpenAsync(
            new StorageOptions { DataDirectory = Path.Combine(_root, "other-data"), LogDirectories = [other] }, TimeProvider.System, NullLoggerFactory.Instance))
            await node.Topics.CreateAsync(TestNode.Spec("theirs") with { Engine = EngineKind.Segment });
        await RefusedAsync("of another node", One, Two, other);
    }

    [Fact]
    public async Task A_directory_of_a_newer_version_is_refused()
    {
        File.WriteAllText(Directory.GetFiles(One, "directory-*.id").Single(), "RobustMQ log directory, version 2\n");
        await RefusedAsync("version 2", One, Two);
    }

    private async Task RefusedAsync(string why, params string[] directories)
    {
        var refusal = await Assert.ThrowsAsync<StorageException>(() => OpenAsync(directories));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    private async Task AssertWholeAsync(params string[] directories)
    {
        await using var node = await OpenAsync(directories);
        for (var partition = 0; partition < 4; partition++)
            Assert.Equal(1, (await node.Logs.OffsetsAsync(TestNode.Log("orders", partition))).RecordCount);
    }

    private Task<NodeStorage> OpenAsync(params string[] directories) =>
        NodeStorage.OpenAsync(new StorageOptions { DataDirectory = Data, LogDirectories = directories }, TimeProvider.System, NullLoggerFactory.Instance);
}
