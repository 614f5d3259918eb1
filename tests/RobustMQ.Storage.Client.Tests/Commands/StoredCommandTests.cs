using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Commands;

/// <summary><c>robustmq storage</c> on the data of a real node.</summary>
public sealed class StoredCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-stored-").FullName;

    private string Data => Path.Combine(_directory, "node");

    private string Disk => Path.Combine(_directory, "disk");

    private string Backup => Path.Combine(_directory, "backup");

    private string[] Places => ["--data", Data, "--log-directory", Disk];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_is_stored_is_listed_dumped_and_found_sound()
    {
        await FillAsync();

        var topics = await RunAsync(0, "topics", [.. Places, "--json"]);
        Assert.Equal(["orders", "mail"], Json(topics).Where(topic => !topic.GetProperty("topic").GetString()!.StartsWith('_')).Select(topic => topic.GetProperty("topic").GetString()).OrderDescending());
        var logs = Json(await RunAsync(0, "logs", [.. Places, "--json", "--topic", "orders"]));
        Assert.Equal((1, 5), (logs[0].GetProperty("start").GetInt32(), logs[0].GetProperty("end").GetInt32()));
        Assert.Contains("orders", await RunAsync(0, "logs", Places), StringComparison.Ordinal);

        // Offset 0 lies before the start, offset 2 was removed.
        var dump = (await RunAsync(0, "dump", [.. Places, "--topic", "orders"])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["1 1970-01-01T00:00:01.000Z k b", "3 1970-01-01T00:00:01.000Z k d", "4 1970-01-01T00:00:01.000Z k e"], dump);
        var mail = JsonLines(await RunAsync(0, "dump", [.. Places, "--topic", "mail", "--json", "--from", "1", "--count", "1"]));
        Assert.Equal((1, "y"), (Assert.Single(mail).GetProperty("offset").GetInt32(), mail[0].GetProperty("value").GetString()));
        // A file is dumped as it is, with what was removed.
        Assert.Equal(5, (await RunAsync(0, "dump", [SegmentFile()])).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("offsets 0 to 2, 3 records", await RunAsync(0, "dump", [SegmentFile(), "--batches"]), StringComparison.Ordinal);

        Assert.Contains(": 0 damaged, 0 notes", await RunAsync(0, "verify", Places), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_is_named_and_the_exit_code_says_so()
    {
        await FillAsync();
        Flip(SegmentFile(), 70);
        Flip(Path.ChangeExtension(SegmentFile(), ".index"), 20);

        var verified = await Command.RunAsync(["storage", "verify", .. Places]);
        Assert.Equal(1, verified.Exit);
        Assert.Contains($"damage: {SegmentFile()}: the batch of offsets 0 to 2 at byte 0", verified.Output, StringComparison.Ordinal);
        Assert.Contains(".index: the index is damaged", verified.Output, StringComparison.Ordinal);
        var json = await Command.RunAsync(["storage", "verify", .. Places, "--json"]);
        Assert.Equal(["damage", "damage"], Json(json.Output).Select(finding => finding.GetProperty("kind").GetString()));

        var dump = await Command.RunAsync(["storage", "dump", .. Places, "--topic", "orders"]);
        Assert.Equal(1, dump.Exit);
        Assert.Contains("offsets 0 to 2", dump.Error, StringComparison.Ordinal);
        Assert.EndsWith(" e\n", dump.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_database_is_noticed()
    {
        await FillAsync();
        var table = Directory.GetFiles(Path.Combine(Data, "logs")).Where(path => Path.GetExtension(path) is ".sst" or ".log").MaxBy(static path => new FileInfo(path).Length)!;
        Flip(table, new FileInfo(table).Length / 3);
        Assert.Equal(1, (await Command.RunAsync(["storage", "verify", .. Places])).Exit);
    }

    [Fact]
    public async Task A_running_node_is_left_alone()
    {
        await using (await OpenAsync(Data, [Disk]))
        {
            var verified = await Command.RunAsync(["storage", "verify", .. Places]);
            Assert.Equal(2, verified.Exit);
            Assert.Contains("in use by another process", verified.Error, StringComparison.Ordinal);
            Assert.Equal(2, (await Command.RunAsync(["storage", "backup", .. Places, "--to", Backup])).Exit);
        }
        Assert.Equal(2, (await Command.RunAsync(["storage", "verify", "--data", Path.Combine(_directory, "nothing")])).Exit);
        Assert.False(Directory.Exists(Path.Combine(_directory, "nothing")));
    }

    [Fact]
    public async Task A_backup_brings_the_node_back_and_writes_over_nothing()
    {
        await FillAsync();
        Assert.Contains("0 damaged", await RunAsync(0, "backup", [.. Places, "--to", Backup]), StringComparison.Ordinal);
        Assert.Equal(2, (await Command.RunAsync(["storage", "backup", .. Places, "--to", Backup])).Exit);
        Assert.Equal(2, (await Command.RunAsync(["storage", "restore", .. Places, "--from", Backup])).Exit);

        string data = Path.Combine(_directory, "again"), disk = Path.Combine(_directory, "disk2");
        await RunAsync(0, "restore", ["--data", data, "--log-directory", disk, "--from", Backup]);
        Assert.Contains("0 damaged", await RunAsync(0, "verify", ["--data", data, "--log-directory", disk]), StringComparison.Ordinal);
        Assert.Equal("b d e", await ValuesAsync(data, [disk]));
        // Several disks may come together below the data directory.
        var one = Path.Combine(_directory, "one");
        await RunAsync(0, "restore", ["--data", one, "--from", Backup]);
        Assert.Equal("b d e", await ValuesAsync(one, []));
    }

    [Fact]
    public async Task A_backup_that_is_not_whole_is_not_restored_and_half_a_restore_does_not_start()
    {
        await FillAsync();
        await RunAsync(0, "backup", [.. Places, "--to", Backup]);
        var file = Directory.GetFiles(Path.Combine(Backup, "disks"), "*.log", SearchOption.AllDirectories)[0];
        Flip(file, 30);
        var refused = await Command.RunAsync(["storage", "restore", "--data", Path.Combine(_directory, "again"), "--from", Backup]);
        Assert.Equal(2, refused.Exit);
        Assert.Contains($"'{file}' is not what was copied", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_directory, "again")));

        await File.WriteAllBytesAsync(Path.Combine(Data, "restore.unfinished"), []);
        var error = await Assert.ThrowsAsync<StorageException>(() => OpenAsync(Data, [Disk]));
        Assert.Contains("did not come to its end", error.Message, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(int exit, string command, string[] arguments)
    {
        var result = await Command.RunAsync(["storage", command, .. arguments]);
        Assert.True(result.Exit == exit, $"exit {result.Exit}\n{result.Output}\n{result.Error}");
        return result.Output;
    }

    private static List<JsonElement> Json(string output) => [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];

    private static List<JsonElement> JsonLines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonDocument.Parse(line).RootElement)];

    private static void Flip(string path, long at)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 4));
    }

    private static Task<NodeStorage> OpenAsync(string data, IReadOnlyList<string> logDirectories) =>
        NodeStorage.OpenAsync(new StorageOptions { DataDirectory = data, LogDirectories = logDirectories }, TimeProvider.System, NullLoggerFactory.Instance);

    private static async Task<string> ValuesAsync(string data, IReadOnlyList<string> logDirectories)
    {
        await using var node = await OpenAsync(data, logDirectories);
        using var read = await node.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log("orders"), Start = ReadStart.First });
        return string.Join(' ', TestBatch.Read(read.Batches.Span).Where(record => record.Offset > 0).Select(record => record.Value));
    }

    private string SegmentFile() => Assert.Single(Directory.GetFiles(Disk, "*.log", SearchOption.AllDirectories));

    /// <summary>Five records in the segment engine, of which the first and the third are gone; two in the rocksdb engine.</summary>
    private async Task FillAsync()
    {
        await using var node = await OpenAsync(Data, [Disk]);
        await node.Topics.CreateAsync(TestNode.Spec("orders") with { Engine = EngineKind.Segment });
        await node.Topics.CreateAsync(TestNode.Spec("mail") with { Engine = EngineKind.RocksDb });
        foreach (var (topic, values) in new[] { ("orders", "a b c"), ("orders", "d e"), ("mail", "x y") })
        {
            var batch = TestBatch.OfValues("k", values.Split(' '));
            Assert.True((await node.Logs.AppendAsync(new AppendRequest { Log = TestNode.Log(topic), Batch = batch, Durability = Durability.Durable })).Succeeded);
        }
        await node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("orders"), Offsets = [new Offset(2)] });
        await node.Logs.DeleteAsync(new DeleteRequest { Log = TestNode.Log("orders"), BeforeOffset = new Offset(1) });
    }
}
