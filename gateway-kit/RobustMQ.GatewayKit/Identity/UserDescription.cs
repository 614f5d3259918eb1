using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>A configured user as an administrator may see it: no secret is in it, for no verifier shows its keys.</summary>
/// <param name="Permissions">Null: everything.</param>
public sealed record UserDescription(UserIdentity Identity, PermissionOptions? Permissions, IReadOnlyList<ScramVerifier> Scram);
