using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>The protocol's numbers of the mechanisms (KIP-554).</summary>
internal static class ScramNumbers
{
    private const sbyte Sha256 = 1;
    private const sbyte Sha512 = 2;

    public static sbyte NumberOf(ScramMechanism mechanism) => mechanism == ScramMechanism.Sha256 ? Sha256 : Sha512;

    /// <returns>Null: there is no such mechanism.</returns>
    public static ScramMechanism? MechanismOf(sbyte number) => number switch
    {
        Sha256 => ScramMechanism.Sha256,
        Sha512 => ScramMechanism.Sha512,
        _ => null,
    };
}
