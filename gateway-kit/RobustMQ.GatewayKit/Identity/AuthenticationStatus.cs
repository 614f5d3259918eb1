namespace RobustMQ.GatewayKit.Identity;

/// <summary>How a login ended.</summary>
public enum AuthenticationStatus
{
    /// <summary>Unknown user or wrong secret; which of them is not told.</summary>
    Refused = 0,
    Accepted = 1,

    /// <summary>Not looked at: the address failed too often, or too many logins wait.</summary>
    Throttled = 2,
}
