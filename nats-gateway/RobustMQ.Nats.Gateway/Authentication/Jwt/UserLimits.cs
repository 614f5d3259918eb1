using System.Text.Json;
using RobustMQ.GatewayKit.Identity;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>What a user may do: its own claims, or the template of the scoped key that signed for it.</summary>
internal sealed record UserLimits
{
    public required PermissionOptions Permissions { get; init; }

    /// <summary>Subscriptions of one connection; -1: no limit.</summary>
    public required long SubscriptionsMax { get; init; }

    /// <summary>Bytes of one message; -1: no limit.</summary>
    public required long PayloadBytesMax { get; init; }

    public required bool IsBearer { get; init; }

    /// <summary>Upper case; empty: all.</summary>
    public required IReadOnlyList<string> ConnectionTypes { get; init; }

    /// <summary>CIDR blocks; empty: everywhere.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    public required ConnectTimes Times { get; init; }

    /// <summary>True where the claims give the user nothing of its own, as a scoped key demands.</summary>
    public bool IsEmpty =>
        PermissionClaims.AreEmpty(Permissions) && SubscriptionsMax == 0 && PayloadBytesMax == 0 && !IsBearer
        && ConnectionTypes.Count == 0 && Sources.Count == 0 && Times.IsEmpty;

    public static UserLimits Read(JsonElement claims) => new()
    {
        Permissions = PermissionClaims.Read(claims),
        SubscriptionsMax = claims.Long("subs"),
        PayloadBytesMax = claims.Long("payload"),
        IsBearer = claims.Flag("bearer_token"),
        ConnectionTypes = [.. claims.Texts("allowed_connection_types").Select(static type => type.ToUpperInvariant())],
        Sources = ReadSources(claims),
        Times = ConnectTimes.Read(claims),
    };

    /// <summary>The field is a list, or in older tokens one text with commas.</summary>
    private static IReadOnlyList<string> ReadSources(JsonElement claims)
    {
        if (claims.ValueKind == JsonValueKind.Object && claims.TryGetProperty("src", out var value) && value.ValueKind == JsonValueKind.String)
            return value.GetString()!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return claims.Texts("src");
    }
}
