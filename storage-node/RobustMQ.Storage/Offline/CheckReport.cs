namespace RobustMQ.Storage.Offline;

/// <summary>What a check of stored data has read, and what it found. For one thread.</summary>
public sealed class CheckReport
{
    /// <summary>Findings that are kept; more are only counted, since one broken disk can have millions.</summary>
    private const int FindingsMax = 10_000;

    private readonly List<Finding> _findings = [];

    public IReadOnlyList<Finding> Findings => _findings;

    public long DamageCount { get; private set; }

    public long NoteCount { get; private set; }

    public bool IsSound => DamageCount == 0;

    public long Logs { get; private set; }

    public long Batches { get; private set; }

    public long Records { get; private set; }

    /// <summary>Of batches.</summary>
    public long Bytes { get; private set; }

    internal void Damage(string path, string what)
    {
        DamageCount++;
        Add(new Finding(FindingKind.Damage, path, what));
    }

    internal void Note(string path, string what)
    {
        NoteCount++;
        Add(new Finding(FindingKind.Note, path, what));
    }

    internal void CountLog() => Logs++;

    internal void CountBatch(int bytes, int records)
    {
        Batches++;
        Bytes += bytes;
        Records += records;
    }

    private void Add(Finding finding)
    {
        if (_findings.Count < FindingsMax)
            _findings.Add(finding);
    }
}
