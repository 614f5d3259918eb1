using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Logs;

/// <summary>Records from an offset on that are not expired, of one lane where one is named, whose subject matches one of some filters; no filters: all.</summary>
internal sealed class WantedRecords(IReadOnlyList<SubjectFilter> filters, byte[] topicSubject) : IRecordSelector
{
    private readonly byte[][] _filters = [.. filters.Select(filter => Encoding.UTF8.GetBytes(filter.Value))];

    public IReadOnlyList<byte[]> Filters => _filters;

    public Offset From { get; set; }

    /// <summary>Records that expire at or before this Unix ms are not wanted.</summary>
    public long NowMs { get; set; }

    /// <summary>Null: any.</summary>
    public byte? Lane { get; init; }

    public bool Wants(in Record record) =>
        record.Offset >= From
        && !StorageHeaders.IsExpired(record, NowMs)
        && (Lane is not { } lane || StorageHeaders.LaneOf(record) == lane)
        && Matches(record.KeyIsSubject ? record.Key : topicSubject);

    /// <summary>Whether records that came without a subject match.</summary>
    public bool MatchesTopic => Matches(topicSubject);

    private bool Matches(ReadOnlySpan<byte> subject)
    {
        foreach (var filter in _filters)
        {
            if (SubjectRules.Matches(filter, subject))
                return true;
        }
        return _filters.Length == 0;
    }
}
