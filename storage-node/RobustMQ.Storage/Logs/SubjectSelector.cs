using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Logs;

/// <summary>Records from an offset on whose subject matches one of some filters; no filters: all.</summary>
internal sealed class SubjectSelector(IReadOnlyList<SubjectFilter> filters, byte[] topicSubject, Offset from) : IRecordSelector
{
    private readonly byte[][] _filters = [.. filters.Select(filter => Encoding.UTF8.GetBytes(filter.Value))];

    public bool Wants(in Record record) => record.Offset >= from && Matches(record.KeyIsSubject ? record.Key : topicSubject);

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
