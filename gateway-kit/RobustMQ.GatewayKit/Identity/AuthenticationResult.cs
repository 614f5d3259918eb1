namespace RobustMQ.GatewayKit.Identity;

/// <summary>Outcome of a login.</summary>
/// <param name="Identity">Null unless accepted.</param>
public readonly record struct AuthenticationResult(AuthenticationStatus Status, UserIdentity? Identity)
{
    public static AuthenticationResult Refused { get; } = new(AuthenticationStatus.Refused, null);

    public static AuthenticationResult Throttled { get; } = new(AuthenticationStatus.Throttled, null);

    public static AuthenticationResult Accept(UserIdentity identity) => new(AuthenticationStatus.Accepted, identity);
}
