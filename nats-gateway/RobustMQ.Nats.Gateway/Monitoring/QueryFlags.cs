using Microsoft.AspNetCore.Http;

namespace RobustMQ.Nats.Gateway.Monitoring;

/// <summary>Switches in a monitoring address, as nats-server reads them.</summary>
internal static class QueryFlags
{
    public const string Detail = "detail";

    /// <summary><c>?name=1</c>, <c>true</c>, or <c>detail</c> where a report has more of it.</summary>
    public static bool IsSet(this IQueryCollection query, string name) => query[name].ToString() is "1" or "true" or Detail;
}
