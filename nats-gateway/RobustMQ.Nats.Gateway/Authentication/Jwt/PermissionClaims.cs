using System.Text.Json;
using RobustMQ.GatewayKit.Identity;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>The claims <c>pub</c>, <c>sub</c> and <c>resp</c>.</summary>
internal static class PermissionClaims
{
    private const int DefaultMessagesMax = 1;
    private static readonly TimeSpan DefaultExpires = TimeSpan.FromMinutes(2);

    public static PermissionOptions Read(JsonElement claims)
    {
        var publish = claims.Object("pub");
        var subscribe = claims.Object("sub");
        return new PermissionOptions
        {
            PublishAllow = publish.Texts("allow"),
            PublishDeny = publish.Texts("deny"),
            SubscribeAllow = subscribe.Texts("allow"),
            SubscribeDeny = subscribe.Texts("deny"),
            Responses = ReadResponses(claims.Object("resp")),
        };
    }

    public static bool AreEmpty(PermissionOptions permissions) =>
        permissions is { PublishAllow.Count: 0, PublishDeny.Count: 0, SubscribeAllow.Count: 0, SubscribeDeny.Count: 0, Responses: null };

    /// <summary>Zero is the default and a negative value no limit; times are nanoseconds.</summary>
    private static ResponseAllowance? ReadResponses(JsonElement claims)
    {
        if (claims.ValueKind != JsonValueKind.Object)
            return null;
        var messages = claims.Long("max");
        var nanoseconds = claims.Long("ttl");
        return new ResponseAllowance(
            messages == 0 ? DefaultMessagesMax : (int)Math.Clamp(messages, 0, int.MaxValue),
            nanoseconds == 0 ? DefaultExpires : TimeSpan.FromTicks(Math.Max(0, nanoseconds / TimeSpan.NanosecondsPerTick)));
    }
}
