using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Prometheus;

namespace RobustMQ.Hosting.Admin;

/// <summary>
/// <c>/metrics</c>: our own meters (<c>RobustMQ.*</c>) and the runtime's (<c>System.Runtime</c>). Others stay out: Kestrel's would cost work on every connection, and we
/// count those ourselves.
/// </summary>
internal static class MetricsPage
{
    /// <summary>The exporter is the process's: it is set up once, by the first process run.</summary>
    private static readonly CollectorRegistry Registry = CreateRegistry();

    /// <summary>Counters count from here on; called at the start, not by the first scrape.</summary>
    public static void Start() => ArgumentNullException.ThrowIfNull(Registry);

    public static Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
        return Registry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
    }

    private static CollectorRegistry CreateRegistry()
    {
        var registry = Metrics.NewCustomRegistry();
        MeterAdapter.StartListening(new MeterAdapterOptions
        {
            Registry = registry,
            MetricFactory = Metrics.WithCustomRegistry(registry),
            InstrumentFilterPredicate = IsExported,
        });
        return registry;
    }

    private static bool IsExported(Instrument instrument) =>
        instrument.Meter.Name == "System.Runtime" || instrument.Meter.Name.StartsWith("RobustMQ.", StringComparison.Ordinal);
}
