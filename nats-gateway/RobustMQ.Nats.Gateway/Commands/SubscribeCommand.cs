using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Commands;

/// <summary>SUB.</summary>
internal sealed class SubscribeCommand(NatsGatewayState gateway, NatsConnection connection)
{
    public void Run(in NatsCommand command)
    {
        var identity = connection.Identity!;
        var decision = identity.Permissions?.CanSubscribe(command.Subject, command.Queue) ?? SubscribeDecision.Allowed;
        if (decision == SubscribeDecision.Denied)
        {
            connection.Answer(NatsErrors.SubscriptionViolation(command.Subject, command.Queue));
            return;
        }
        var subscriptionsMax = gateway.SubscriptionsMaxFor(identity);
        // Counted before anything else, so that even a repeated subscription is one too many.
        if (connection.SubscriptionCount >= subscriptionsMax)
        {
            connection.Answer(NatsErrors.Line(NatsErrors.MaximumSubscriptions));
            return;
        }
        if (connection.TryGetSubscription(command.Sid, out _))
        {
            AnswerOk();
            return;
        }
        if (!NatsSubjects.IsFilter(command.Subject))
        {
            connection.Answer(NatsErrors.Line(NatsErrors.InvalidSubject));
            return;
        }

        var service = gateway.Services.Find(command.Subject);
        var subscription = new NatsSubscription(connection, command.Subject, command.Queue, command.Sid)
        {
            ChecksDeliveries = decision == SubscribeDecision.AllowedWithDeliveryFilter,
            Filter = service is null ? FilterForPeers(command.Subject) : null,
        };
        identity.Account.Add(subscription);
        connection.AddSubscription(subscription);
        // Another look has passed it by, where the user has changed meanwhile.
        if (connection.Identity is { } current && !ReferenceEquals(current, identity))
            connection.Judge(subscription, current);
        service?.OnSubscribed(subscription);
        AnswerOk();
    }

    /// <summary>Null where no other gateway could understand the subject: no UTF-8, or a token <c>**</c>, which is a wildcard everywhere but in NATS.</summary>
    private static SubjectFilter? FilterForPeers(ReadOnlySpan<byte> subject) =>
        subject.IndexOf("**"u8) < 0 && SubjectRules.IsFilter(subject) && SubjectFilter.TryParse(Encoding.UTF8.GetString(subject), out var filter) ? filter : null;

    private void AnswerOk()
    {
        if (connection.Options.Verbose)
            connection.Answer("+OK\r\n"u8);
    }
}
