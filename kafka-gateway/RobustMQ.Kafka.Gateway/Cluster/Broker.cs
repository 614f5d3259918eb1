namespace RobustMQ.Kafka.Gateway.Cluster;

/// <summary>A running gateway, as clients reach it. <see cref="Endpoint"/> is also its name as a holder of leases: no two gateways have the same.</summary>
internal sealed record Broker(int NodeId, string Host, int Port)
{
    public string Endpoint => $"{Host}:{Port}";

    /// <summary>Reads a member's lease: the name ends with the node id, the holder is <c>host:port</c>.</summary>
    public static Broker? Parse(string leaseName, string holder)
    {
        var colon = holder.LastIndexOf(':');
        return int.TryParse(leaseName[(leaseName.LastIndexOf('/') + 1)..], out var nodeId) && colon > 0 && int.TryParse(holder[(colon + 1)..], out var port)
            ? new Broker(nodeId, holder[..colon], port)
            : null;
    }
}
