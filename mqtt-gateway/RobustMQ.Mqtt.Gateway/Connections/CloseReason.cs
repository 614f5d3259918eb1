using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>Why a connection ended.</summary>
/// <param name="Code">What a client of 5.0 is told in a DISCONNECT; success: nothing.</param>
internal sealed record CloseReason(string Name, ReasonCode Code = ReasonCode.Success)
{
    /// <summary>The only end that takes back the will.</summary>
    public static CloseReason Disconnected { get; } = new("disconnected");

    public static CloseReason DisconnectedWithWill { get; } = new("disconnected with will");

    public static CloseReason ConnectionLost { get; } = new("connection lost");

    public static CloseReason Refused { get; } = new("refused");

    public static CloseReason ConnectTimeout { get; } = new("no CONNECT in time");

    public static CloseReason KeepAliveTimeout { get; } = new("keep alive timeout", ReasonCode.KeepAliveTimeout);

    public static CloseReason TakenOver { get; } = new("session taken over", ReasonCode.SessionTakenOver);

    /// <summary>May do less than it could, or logs in with something else: it is to log in anew.</summary>
    public static CloseReason UserChanged { get; } = new("user changed", ReasonCode.AdministrativeAction);

    public static CloseReason UserGone { get; } = new("user gone", ReasonCode.NotAuthorized);

    public static CloseReason ServerShuttingDown { get; } = new("server shutting down", ReasonCode.ServerShuttingDown);

    public static CloseReason StorageUnavailable { get; } = new("storage unavailable", ReasonCode.ServerBusy);

    /// <summary>Properties of that DISCONNECT.</summary>
    public ReadOnlyMemory<byte> Properties { get; private init; }

    /// <param name="server">Where the client is to go.</param>
    public static CloseReason Redirected(string server) => new("redirected", ReasonCode.UseAnotherServer) { Properties = ServerReference.Encode(server) };

    /// <summary>The client did what it must not.</summary>
    public static CloseReason Wrong(ReasonCode code) => new("protocol violation", code);
}
