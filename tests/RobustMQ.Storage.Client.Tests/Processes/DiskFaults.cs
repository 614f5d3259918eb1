using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace RobustMQ.Storage.Client.Tests.Processes;

/// <summary>What the disk under a process refuses from now on: the rules that <c>tests/DiskTrouble/faults.c</c>, preloaded into the process, goes by.</summary>
internal sealed class DiskFaults : IDisposable
{
    public const int IoError = 5;
    public const int TooManyOpenFiles = 24;
    public const int NoSpace = 28;
    public const int ReadOnly = 30;

    private const int RulesBytes = 4096;

    private readonly string _path = Path.GetTempFileName();
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _rules;

    public DiskFaults()
    {
        File.WriteAllBytes(_path, new byte[RulesBytes]);
        _file = MemoryMappedFile.CreateFromFile(_path, FileMode.Open, null, RulesBytes);
        _rules = _file.CreateViewAccessor();
    }

    /// <summary>The library to preload; null where the suite runs without it.</summary>
    public static string? Library { get; } = Environment.GetEnvironmentVariable("DISK_FAULTS_LIBRARY") is { Length: > 0 } path ? path : null;

    /// <summary>For the process that is to have such a disk.</summary>
    public IReadOnlyList<(string Name, string Value)> ForProcess => [("LD_PRELOAD", Library!), ("DISK_FAULTS", _path), ("DISK_SYNCS", Syncs)];

    private string Syncs => _path + ".syncs";

    /// <param name="calls">write, sync, open, modify, grow, names.</param>
    /// <param name="part">Part of the paths that are meant.</param>
    public void Fail(int error, string part, params string[] calls)
    {
        var text = string.Concat(calls.Select(call => string.Create(CultureInfo.InvariantCulture, $"{call} {error} {part}\n")));
        var bytes = Encoding.ASCII.GetBytes(text + '\0');
        // The first byte goes last: until then no rule is looked at.
        _rules.Write(0, (byte)0);
        _rules.WriteArray(1, bytes, 1, bytes.Length - 1);
        _rules.Write(0, bytes[0]);
    }

    /// <summary>Carried out, but late.</summary>
    public void Delay(TimeSpan delay, string part, params string[] calls) => Fail(-(int)delay.TotalMilliseconds, part, calls);

    /// <summary>Takes from files what was written behind their last sync, as a loss of power may: after the process was killed.</summary>
    /// <param name="directory">Of the files that are meant.</param>
    /// <returns>Bytes that were lost.</returns>
    public long LoseUnsynced(string directory)
    {
        var synced = new Dictionary<string, long>();
        foreach (var line in File.ReadLines(Syncs))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            synced[line[(space + 1)..]] = long.Parse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture);
        }
        var lost = 0L;
        // The write-ahead logs: the other files of a database are whole before anything leads to them.
        foreach (var path in Directory.GetFiles(directory, "*.log", SearchOption.AllDirectories))
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
            var keeps = Math.Min(file.Length, synced.GetValueOrDefault(path));
            lost += file.Length - keeps;
            file.SetLength(keeps);
        }
        return lost;
    }

    public void End() => _rules.Write(0, (byte)0);

    public void Dispose()
    {
        _rules.Dispose();
        _file.Dispose();
        File.Delete(_path);
        File.Delete(Syncs);
    }
}
