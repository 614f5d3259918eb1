using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>Who a client turned out to be.</summary>
/// <param name="Name">Of the user; empty for anybody.</param>
/// <param name="Permissions">Null: everything is allowed.</param>
/// <param name="Responses">Null: no right to answer where it may not publish.</param>
public sealed record UserIdentity(string Name, Namespace Namespace, Permissions? Permissions, ResponseAllowance? Responses)
{
    /// <summary>Where no users are configured.</summary>
    public static UserIdentity Anybody { get; } = new(string.Empty, Namespace.Default, null, null);
}
