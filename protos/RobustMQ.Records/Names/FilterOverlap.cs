using System.Buffers;

namespace RobustMQ.Records;

/// <summary>
/// Whether two filters share a subject: walks the grid of both filters' positions, one row for each token of the left one. A cell is reachable where
/// some text is matched by what lies before it in both. A last <c>&gt;</c> counts as <c>*</c> and <c>**</c>.
/// </summary>
internal static class FilterOverlap
{
    private const int StackTokensMax = 128;

    public static bool Exists(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var columns = Count(right) + 1;
        bool[]? pooled = null;
        var cells = columns <= StackTokensMax ? stackalloc bool[2 * StackTokensMax] : pooled = ArrayPool<bool>.Shared.Rent(2 * columns);
        var overlap = Exists(new FilterSteps(left), right, cells[..columns], cells[columns..(2 * columns)]);
        if (pooled is not null)
            ArrayPool<bool>.Shared.Return(pooled);
        return overlap;
    }

    private static bool Exists(FilterSteps left, ReadOnlySpan<byte> right, Span<bool> row, Span<bool> next)
    {
        row.Clear();
        row[0] = true;
        for (; !left.IsEnd; left.Advance())
        {
            next.Clear();
            if (!Fill(left, new FilterSteps(right), row, next))
                return false;
            var filled = row;
            row = next;
            next = filled;
        }
        return IsLastReachable(new FilterSteps(right), row);
    }

    /// <summary>From one row into the next. False where nothing of the row is reachable.</summary>
    private static bool Fill(in FilterSteps left, FilterSteps right, Span<bool> row, Span<bool> next)
    {
        var isReachable = false;
        for (var at = 0; at < row.Length; at++, right.Advance())
        {
            if (!row[at])
                continue;
            isReachable = true;
            if (left.IsAny || right.IsAny)
                next[at] = true;
            if (right.IsEnd)
                continue;
            if (left.IsAny || right.IsAny)
                row[at + 1] = true;
            else if (left.IsOne || right.IsOne || left.Token.SequenceEqual(right.Token))
                next[at + 1] = true;
        }
        return isReachable;
    }

    private static bool IsLastReachable(FilterSteps right, Span<bool> row)
    {
        for (var at = 0; at < row.Length - 1; at++, right.Advance())
            row[at + 1] |= row[at] && right.IsAny;
        return row[^1];
    }

    private static int Count(ReadOnlySpan<byte> filter)
    {
        var count = 0;
        for (var steps = new FilterSteps(filter); !steps.IsEnd; steps.Advance())
            count++;
        return count;
    }
}
