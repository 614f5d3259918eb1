using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity.Stored;

/// <summary>What was granted to one user of a namespace, or to all of them.</summary>
/// <param name="User">May be a name that nobody has yet; <see cref="Everybody"/>: every user of the namespace.</param>
public sealed record StoredGrants(Namespace Namespace, string User, IReadOnlyList<Grant> Grants)
{
    /// <summary>No user has this name.</summary>
    public const string Everybody = "*";

    /// <summary>Of one user: a check looks at all of them.</summary>
    public const int CountMax = 1000;
}
