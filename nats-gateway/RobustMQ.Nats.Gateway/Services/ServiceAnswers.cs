using System.Collections.Concurrent;
using RobustMQ.Nats.Gateway.Delivery;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Services;

/// <summary>
/// Publishes what services have to say, as any client's message is published: to whoever subscribed to the subject, here or at another gateway. Any thread; keeps a few publishers for
/// threads that answer at the same time.
/// </summary>
internal sealed class ServiceAnswers(NatsGatewayState gateway)
{
    /// <summary>More than this many threads are not busy answering at one moment.</summary>
    private const int KeptMax = 64;

    private readonly ConcurrentQueue<RunPublisher> _idle = new();

    /// <param name="message">Header block and payload, and two more bytes, CR LF.</param>
    /// <returns>False where the subject is none that can be published to.</returns>
    public async ValueTask<bool> PublishAsync(NatsAccount account, ReadOnlyMemory<byte> subject, ReadOnlyMemory<byte> message, int headerLength = 0)
    {
        if (!NatsSubjects.IsLiteral(subject.Span))
            return false;
        if (!_idle.TryDequeue(out var publisher))
            publisher = new RunPublisher(gateway);
        Publish(publisher, account, subject.Span, message.Span, headerLength);
        publisher.FlushReceivers();
        await publisher.HandOverAsync().ConfigureAwait(false);
        if (_idle.Count < KeptMax)
            _idle.Enqueue(publisher);
        else
            publisher.Dispose();
        return true;
    }

    private void Publish(RunPublisher publisher, NatsAccount account, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> message, int headerLength)
    {
        ReadOnlySpan<RunMessage> messages = [new RunMessage(0, 0, 0, headerLength, message.Length - 2)];
        var run = new PublishRun(message, subject, messages);
        var route = SubjectRules.IsSubject(subject) ? gateway.Topics.Route(account.Namespace, subject) : null;
        publisher.Publish(run, account.Match(subject, out _), route, publisher: null);
    }
}
