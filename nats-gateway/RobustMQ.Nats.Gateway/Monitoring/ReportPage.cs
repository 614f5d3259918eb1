using Microsoft.AspNetCore.Http;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary>The part of a long list that was asked for.</summary>
internal readonly record struct ReportPage(int Offset, int Limit)
{
    private const int DefaultLimit = 1024;

    public static ReportPage Read(IQueryCollection query) => new(Number(query, "offset", 0), Number(query, "limit", DefaultLimit));

    public IEnumerable<T> Of<T>(IEnumerable<T> rows) => rows.Skip(Offset).Take(Limit);

    private static int Number(IQueryCollection query, string name, int defaultValue) =>
        int.TryParse(query[name], out var value) && value >= 0 ? value : defaultValue;
}
