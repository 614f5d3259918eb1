namespace RobustMQ.Mqtt.Gateway;

/// <summary>Which clients are sent to another server.</summary>
public enum RedirectMode
{
    /// <summary>Clients that are connected when the gateway stops, and those that come while it does.</summary>
    Stopping = 0,

    /// <summary>Everybody who connects: <c>UseAnotherServer</c>.</summary>
    Temporary = 1,

    /// <summary>Everybody who connects: <c>ServerMoved</c>.</summary>
    Permanent = 2,
}
