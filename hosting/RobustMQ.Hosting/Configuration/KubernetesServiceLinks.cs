namespace RobustMQ.Hosting.Configuration;

/// <summary>
/// Kubernetes puts variables such as <c>ROBUSTMQ_NATS_PORT=tcp://10.0.0.7:4222</c> into every container of a namespace that has a service named <c>robustmq-nats</c>.
/// They begin like ours and are none of our settings.
/// </summary>
internal static class KubernetesServiceLinks
{
    public static bool IsLink(string name, string value) =>
        !name.Contains("__", StringComparison.Ordinal)
        && (name.EndsWith("_SERVICE_HOST", StringComparison.Ordinal)
            || name.Contains("_SERVICE_PORT", StringComparison.Ordinal)
            || name.Contains("_TCP", StringComparison.Ordinal)
            || name.Contains("_UDP", StringComparison.Ordinal)
            || (name.EndsWith("_PORT", StringComparison.Ordinal) && value.Contains("://", StringComparison.Ordinal)));
}
