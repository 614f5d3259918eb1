using System.Text;

namespace RobustMQ.Nats.Protocol.Tests;

/// <summary>Clients compare these texts, so they are written out once more here, as nats-server's clients know them.</summary>
public class ErrorTests
{
    [Fact]
    public void A_line_is_the_text_in_quotes()
    {
        Assert.Equal("-ERR 'Unknown Protocol Operation'\r\n", Encoding.ASCII.GetString(NatsErrors.Line(NatsErrors.UnknownProtocolOperation)));
        Assert.Equal("-ERR 'maximum control line exceeded'\r\n", Encoding.ASCII.GetString(NatsErrors.Line(NatsErrors.MaximumControlLine)));
        Assert.Equal("-ERR 'Maximum Payload Violation'\r\n", Encoding.ASCII.GetString(NatsErrors.Line(NatsErrors.MaximumPayload)));
        Assert.Equal("-ERR 'Authorization Violation'\r\n", Encoding.ASCII.GetString(NatsErrors.Line(NatsErrors.AuthorizationViolation)));
        Assert.Equal("-ERR 'Stale Connection'\r\n", Encoding.ASCII.GetString(NatsErrors.Line(NatsErrors.StaleConnection)));
    }

    [Fact]
    public void A_denied_subject_is_named()
    {
        Assert.Equal("-ERR 'Permissions Violation for Publish to \"a.b\"'\r\n", Encoding.ASCII.GetString(NatsErrors.PublishViolation("a.b"u8)));
        Assert.Equal("-ERR 'Permissions Violation for Subscription to \"a.>\"'\r\n", Encoding.ASCII.GetString(NatsErrors.SubscriptionViolation("a.>"u8, default)));
        Assert.Equal(
            "-ERR 'Permissions Violation for Subscription to \"a\" using queue \"q\"'\r\n", Encoding.ASCII.GetString(NatsErrors.SubscriptionViolation("a"u8, "q"u8)));
    }
}
