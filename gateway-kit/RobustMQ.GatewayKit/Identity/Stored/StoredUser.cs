using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity.Stored;

/// <summary>A user that was made at run time: logs in by SCRAM, or by the password that its verifiers are of.</summary>
public sealed record StoredUser(string Name, Namespace Namespace, IReadOnlyList<ScramVerifier> Verifiers)
{
    public const int NameBytesMax = 256;
}
