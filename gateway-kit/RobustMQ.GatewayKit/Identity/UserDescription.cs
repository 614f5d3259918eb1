using RobustMQ.GatewayKit.Identity.Scram;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>A user as an administrator may see it: no secret is in it, for no verifier shows its keys.</summary>
/// <param name="Permissions">Of the configuration. Null: everything; of a stored user: nothing.</param>
/// <param name="IsStored">Made at run time, and to be changed there.</param>
public sealed record UserDescription(UserIdentity Identity, PermissionOptions? Permissions, IReadOnlyList<ScramVerifier> Scram, bool IsStored);
