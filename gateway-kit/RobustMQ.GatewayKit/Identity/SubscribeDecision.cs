namespace RobustMQ.GatewayKit.Identity;

/// <summary>What a client's wish to subscribe comes to.</summary>
public enum SubscribeDecision
{
    Denied = 0,
    Allowed = 1,

    /// <summary>Allowed, but part of the filter is denied: each delivery asks <see cref="Permissions.CanReceive"/>.</summary>
    AllowedWithDeliveryFilter = 2,
}
