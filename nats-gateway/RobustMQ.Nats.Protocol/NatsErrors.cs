using System.Text;

namespace RobustMQ.Nats.Protocol;

/// <summary>The texts of <c>-ERR</c>, word for word as nats-server sends them, since clients compare them.</summary>
public static class NatsErrors
{
    public static ReadOnlySpan<byte> UnknownProtocolOperation => "Unknown Protocol Operation"u8;

    public static ReadOnlySpan<byte> MaximumControlLine => "maximum control line exceeded"u8;

    public static ReadOnlySpan<byte> MaximumPayload => "Maximum Payload Violation"u8;

    public static ReadOnlySpan<byte> MaximumConnections => "maximum connections exceeded"u8;

    public static ReadOnlySpan<byte> MaximumAccountConnections => "maximum account active connections exceeded"u8;

    public static ReadOnlySpan<byte> MaximumSubscriptions => "maximum subscriptions exceeded"u8;

    public static ReadOnlySpan<byte> InvalidSubject => "Invalid Subject"u8;

    public static ReadOnlySpan<byte> InvalidPublishSubject => "Invalid Publish Subject"u8;

    public static ReadOnlySpan<byte> AuthorizationViolation => "Authorization Violation"u8;

    public static ReadOnlySpan<byte> AuthenticationTimeout => "Authentication Timeout"u8;

    public static ReadOnlySpan<byte> UserAuthenticationExpired => "User Authentication Expired"u8;

    public static ReadOnlySpan<byte> SlowConsumer => "Slow Consumer"u8;

    public static ReadOnlySpan<byte> StaleConnection => "Stale Connection"u8;

    public static ReadOnlySpan<byte> TlsRequired => "Secure Connection - TLS Required"u8;

    public static ReadOnlySpan<byte> NoRespondersRequiresHeaders => "no responders requires headers support"u8;

    public static ReadOnlySpan<byte> InvalidClientProtocol => "invalid client protocol"u8;

    /// <summary>A whole line: <c>-ERR 'text' CR LF</c>.</summary>
    public static byte[] Line(ReadOnlySpan<byte> text) => [.. "-ERR '"u8, .. text, .. "'\r\n"u8];

    public static byte[] PublishViolation(ReadOnlySpan<byte> subject) =>
        [.. "-ERR 'Permissions Violation for Publish to \""u8, .. subject, .. "\"'\r\n"u8];

    public static byte[] SubscriptionViolation(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue) =>
        queue.IsEmpty
            ? [.. "-ERR 'Permissions Violation for Subscription to \""u8, .. subject, .. "\"'\r\n"u8]
            : [.. "-ERR 'Permissions Violation for Subscription to \""u8, .. subject, .. "\" using queue \""u8, .. queue, .. "\"'\r\n"u8];

    /// <summary>Of a subscription that was allowed once.</summary>
    public static byte[] SubscriptionRevoked(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue, ReadOnlySpan<byte> sid) =>
        queue.IsEmpty
            ? [.. "-ERR 'Permissions Violation for Subscription to \""u8, .. subject, .. "\" (sid \""u8, .. sid, .. "\")'\r\n"u8]
            : [.. "-ERR 'Permissions Violation for Subscription to \""u8, .. subject, .. "\" using queue \""u8, .. queue, .. "\" (sid \""u8, .. sid, .. "\")'\r\n"u8];

    /// <summary>For logs and monitoring.</summary>
    public static string Text(ReadOnlySpan<byte> error) => Encoding.ASCII.GetString(error);
}
