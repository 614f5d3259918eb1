using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Core;

/// <summary>A binding in one log: the offsets it holds for.</summary>
internal sealed class BindingRange(ConsumerBinding binding)
{
    private readonly byte[][] _filters = [.. binding.Filters.Select(static filter => Encoding.UTF8.GetBytes(filter.Value))];

    public ConsumerBinding Binding { get; } = binding;

    public int Id => Binding.Id;

    /// <summary>Empty: every subject.</summary>
    public IReadOnlyList<byte[]> Filters => _filters;

    public long From { get; set; }

    /// <summary>Records from here on are not its own any more; <see cref="long.MaxValue"/> while it is there.</summary>
    public long Until { get; set; } = long.MaxValue;

    /// <summary>
    /// Records before it that it matches were handed out already, when a binding that begins further back was added and the log is read once more.
    /// </summary>
    public long HandledTo { get; set; }

    public bool Covers(long offset) => offset >= From && offset < Until;

    public bool Matches(ReadOnlySpan<byte> subject)
    {
        foreach (var filter in _filters)
        {
            if (SubjectRules.Matches(filter, subject))
                return true;
        }
        return _filters.Length == 0;
    }
}
