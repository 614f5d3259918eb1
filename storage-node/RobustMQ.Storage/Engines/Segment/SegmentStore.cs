using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Syncs;
using RobustMQ.Storage.Engines.Tails;

namespace RobustMQ.Storage.Engines.Segment;

/// <summary>What the logs of one directory share.</summary>
internal sealed partial class SegmentStore(IStorageDirectory root, SegmentOptions options, ILogger logger)
{
    /// <summary>Rounds of retention after which what failed and has not failed again counts as over.</summary>
    private const int PassingRounds = 2;

    private readonly List<LogTrouble> _troubles = [];
    private readonly Dictionary<(LogId Log, string Path), (LogTrouble Trouble, int Rounds)> _passing = [];
    private readonly Lock _lock = new();
    private volatile bool _hasPassing;

    public IStorageDirectory Root { get; } = root;

    public SegmentOptions Options { get; } = options;

    public OpenFiles Files { get; } = new(options.OpenFilesMax);

    public SegmentIo Io { get; } = new();

    /// <summary>Shared by the directories of an engine.</summary>
    public required TailMemory Tails { get; init; }

    public SyncGroup Syncs { get => field ??= new SyncGroup(Root, Options.SyncFilesMax, Io); }

    public SegmentJobs Jobs { get; } = new(options.RunsInPlace);

    /// <summary>Logs that lie here. Under the engine's lock.</summary>
    public int LogCount { get; set; }

    public IReadOnlyList<LogTrouble> Troubles
    {
        get
        {
            lock (_lock)
                return [.. _troubles, .. _passing.Values.Select(static passing => passing.Trouble)];
        }
    }

    /// <summary>Remembers what is wrong with a log, each place once.</summary>
    public void Report(LogTrouble trouble)
    {
        lock (_lock)
        {
            if (_troubles.Exists(known => known.Log == trouble.Log && known.At == trouble.At && known.Path == trouble.Path))
                return;
            _troubles.Add(trouble);
        }
        LogTroubled(trouble.Log, trouble.At, trouble.Path, trouble.What);
    }

    /// <summary>Something failed that is tried again: known until it has not failed for some rounds of <see cref="Pass"/>.</summary>
    public void ReportPassing(LogTrouble trouble)
    {
        bool isNew;
        lock (_lock)
        {
            isNew = !_passing.ContainsKey((trouble.Log, trouble.Path));
            _passing[(trouble.Log, trouble.Path)] = (trouble, 0);
            _hasPassing = true;
        }
        if (isNew)
            LogTroubled(trouble.Log, trouble.At, trouble.Path, trouble.What);
    }

    /// <summary>A round of retention of a log begins.</summary>
    public void Pass(LogId log)
    {
        if (!_hasPassing)
            return;
        lock (_lock)
        {
            foreach (var (place, (trouble, rounds)) in _passing.Where(entry => entry.Key.Log == log).ToArray())
            {
                if (rounds < PassingRounds)
                    _passing[place] = (trouble, rounds + 1);
                else
                    _passing.Remove(place);
            }
            _hasPassing = _passing.Count > 0;
        }
    }

    /// <summary>The log is closed: what is wrong with it is found again when it is opened.</summary>
    public void Forget(LogId log)
    {
        lock (_lock)
        {
            _troubles.RemoveAll(trouble => trouble.Log == log);
            foreach (var place in _passing.Keys.Where(place => place.Log == log).ToArray())
                _passing.Remove(place);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Log {Log} has trouble at offset {At} in {Path}: {What}")]
    private partial void LogTroubled(LogId log, Offset at, string path, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Log {Log}: {Bytes} bytes of {Path} that a crash left unfinished were cut off at offset {At}")]
    public partial void LogTorn(LogId log, long bytes, string path, long at);
}
