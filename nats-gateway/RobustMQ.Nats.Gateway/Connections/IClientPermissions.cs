namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>What one client may do, whichever way it was authenticated.</summary>
internal interface IClientPermissions
{
    bool CanPublish(ReadOnlySpan<byte> subject);

    /// <param name="checksDeliveries">Parts of the filter are denied: each delivery asks <see cref="CanReceive"/>.</param>
    bool CanSubscribe(ReadOnlySpan<byte> filter, ReadOnlySpan<byte> queue, out bool checksDeliveries);

    bool CanReceive(ReadOnlySpan<byte> subject);
}
