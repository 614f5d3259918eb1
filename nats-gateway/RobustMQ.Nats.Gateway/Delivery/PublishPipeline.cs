using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Services;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>
/// What happens to one connection's publishes: consecutive messages of one subject are gathered into a run, matched once, written to every local receiver, and added to
/// the batch for the storage-node. What a service of the gateway owns goes to that one instead. Used by the connection's reading thread only.
/// </summary>
internal sealed class PublishPipeline : IDisposable
{
    /// <summary>Messages of one run; a segment of input holds fewer of all but the smallest.</summary>
    private const int RunMessagesMax = 256;

    private readonly NatsGatewayState _gateway;
    private readonly NatsConnection _connection;
    private readonly PublishTargetCache _targets = new();
    private readonly RunPublisher _publisher;
    private RunMessage[] _messages = [];
    private int _count;
    private PublishTarget? _target;
    private ClientIdentity? _identity;

    public PublishPipeline(NatsGatewayState gateway, NatsConnection connection)
    {
        _gateway = gateway;
        _connection = connection;
        _publisher = new RunPublisher(gateway);
        Requests = new ConnectionRequests(gateway, connection);
    }

    /// <summary>What the client asked of the gateway's own services.</summary>
    public ConnectionRequests Requests { get; }

    /// <summary>Input that the next publishes lie in.</summary>
    public void BeginSource(ReadOnlySpan<byte> source) => _count = 0;

    /// <summary>Adds one publish. Its bytes lie in the present source from <paramref name="commandStart"/> on.</summary>
    /// <returns>False where the client may not publish to the subject.</returns>
    public bool Add(in NatsCommand command, ReadOnlySpan<byte> source, int commandStart)
    {
        // Where only an allowance to answer lets the client publish, each message uses one up; where the subject is wrong, each is told so.
        if (_count > 0 && (_count == RunMessagesMax || !_target!.IsAllowed || !_target.IsLiteral || !_target.Is(command.Subject)))
            EndSource(source);
        if (_count == 0 && !TryBeginRun(command.Subject))
            return false;
        if (_target!.Service is { } service)
        {
            Requests.Begin(service, command, source, commandStart);
            return true;
        }

        var replyStart = command.ReplyTo.IsEmpty ? 0 : (int)System.Runtime.CompilerServices.Unsafe.ByteOffset(
            ref System.Runtime.InteropServices.MemoryMarshal.GetReference(source),
            ref System.Runtime.InteropServices.MemoryMarshal.GetReference(command.ReplyTo));
        _messages[_count++] = new RunMessage(
            replyStart, command.ReplyTo.Length, commandStart + command.BodyStart, command.HeaderLength, command.BodyLength);
        return true;
    }

    /// <summary>Delivers what was gathered; its bytes may go afterwards.</summary>
    public void EndSource(ReadOnlySpan<byte> source)
    {
        if (_count == 0)
            return;
        var target = _target!;
        var run = new PublishRun(source, target.Subject, _messages.AsSpan(0, _count));
        _count = 0;

        CountReceived(run);
        _publisher.Publish(run, target.Match, target.Route, _connection);
    }

    /// <summary>Sends what the read wrote to other clients.</summary>
    public void FlushReceivers() => _publisher.FlushReceivers();

    /// <summary>Gives the read's records to the storage-node; waits only where that is behind.</summary>
    public ValueTask HandOverAsync() => _publisher.HandOverAsync();

    public void Dispose()
    {
        _publisher.Dispose();
        Requests.Dispose();
    }

    private bool TryBeginRun(ReadOnlySpan<byte> subject)
    {
        if (_messages.Length == 0)
            _messages = new RunMessage[RunMessagesMax];
        var identity = _connection.Identity!;
        if (!ReferenceEquals(identity, _identity))
        {
            // Somebody else, or one who may do other things by now: nothing known about its subjects is true any more.
            _targets.Clear();
            _identity = identity;
        }
        if (!_targets.TryFind(subject, out var target, out var slot))
        {
            target = _targets.Replace(slot, subject);
            target.IsAllowed = identity.Permissions is null || identity.Permissions.CanPublish(subject);
            target.Service = _gateway.Services.Find(subject);
        }
        if (!target.IsLiteral && target.Service is null)
            _connection.Answer(NatsErrors.Line(NatsErrors.InvalidPublishSubject));
        if (!target.IsAllowed && !identity.MayPublish(subject))
            return false;
        if (target.Service is null)
            Refresh(target, identity.Account);
        _target = target;
        return true;
    }

    private void Refresh(PublishTarget target, NatsAccount account)
    {
        if (target.MatchGeneration != account.Generation)
        {
            var match = account.Match(target.Subject, out var generation);
            target.Match = target.HasEmptyToken ? MatchResult.Nobody : match;
            target.MatchGeneration = generation;
        }
        var routeGeneration = _gateway.Topics.Generation;
        if (target.RouteGeneration != routeGeneration)
        {
            target.Route = SubjectRules.IsSubject(target.Subject) ? _gateway.Topics.Route(account.Namespace, target.Subject) : null;
            target.RouteGeneration = routeGeneration;
        }
    }

    private void CountReceived(in PublishRun run)
    {
        var bytes = 0L;
        foreach (ref readonly var message in run.Messages)
            bytes += message.BodyLength;
        _connection.Received.Add(run.Messages.Length, bytes);
    }
}
