using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>Who a client turned out to be.</summary>
/// <param name="Name">Of the user; empty for anybody.</param>
/// <param name="Permissions">Null: everything is allowed.</param>
/// <param name="Responses">Null: no right to answer where it may not publish.</param>
public sealed record UserIdentity(string Name, Namespace Namespace, Permissions? Permissions, ResponseAllowance? Responses)
{
    /// <summary>Where no users are configured.</summary>
    public static UserIdentity Anybody { get; } = new(string.Empty, Namespace.Default, null, null) { IsAdministrator = true };

    /// <summary>What was granted beside the configuration; of topics it is in <see cref="Permissions"/>, too.</summary>
    public UserGrants Grants { get; init; } = UserGrants.None;

    /// <summary>Of the password that the user logs in with. Null: of the configuration, where it does not change.</summary>
    public ScramVerifier? Credentials { get; init; }

    /// <summary>The configuration allows everything, so that users and grants are this one's to change, whatever it was denied since.</summary>
    public bool IsAdministrator { get; init; }
}
