namespace RobustMQ.Bench.Storage;

internal static class Median
{
    public static double Of<T>(IEnumerable<T> runs, Func<T, double> value)
    {
        var values = runs.Select(value).Order().ToList();
        return values.Count % 2 == 1 ? values[values.Count / 2] : (values[values.Count / 2 - 1] + values[values.Count / 2]) / 2;
    }
}
