namespace RobustMQ.Mqtt.Protocol;

/// <summary>CONNACK return codes of 3.1 and 3.1.1 (3.1.1 section 3.2.2.3), and which of them stands for a reason code.</summary>
public static class ConnectReturnCode
{
    public const byte Accepted = 0;
    public const byte UnacceptableProtocolVersion = 1;
    public const byte IdentifierRejected = 2;
    public const byte ServerUnavailable = 3;
    public const byte BadUserNameOrPassword = 4;
    public const byte NotAuthorized = 5;

    public static byte Of(ReasonCode reason) => reason switch
    {
        ReasonCode.Success => Accepted,
        ReasonCode.UnsupportedProtocolVersion => UnacceptableProtocolVersion,
        ReasonCode.ClientIdentifierNotValid => IdentifierRejected,
        ReasonCode.BadUserNameOrPassword => BadUserNameOrPassword,
        ReasonCode.NotAuthorized or ReasonCode.Banned or ReasonCode.BadAuthenticationMethod => NotAuthorized,
        _ => ServerUnavailable,
    };
}
