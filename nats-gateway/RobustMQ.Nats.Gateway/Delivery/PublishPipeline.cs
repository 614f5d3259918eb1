using RobustMQ.GatewayKit.Live;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Live;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Live;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>
/// What happens to one connection's publishes: consecutive messages of one subject are gathered into a run, matched once, written to every local receiver, and added to
/// the batch for the storage-node. Used by the connection's reading thread only.
/// </summary>
internal sealed class PublishPipeline : IDisposable
{
    /// <summary>Messages of one run; a segment of input holds fewer of all but the smallest.</summary>
    private const int RunMessagesMax = 256;

    private readonly NatsGatewayState _gateway;
    private readonly NatsConnection _connection;
    private readonly RunDelivery _delivery = new();
    private readonly PublishTargetCache _targets = new();
    private readonly LivePublisher _storage;
    private readonly RecordHeaderEncoder _headers = new();
    private RunMessage[] _messages = [];
    private int _count;
    private PublishTarget? _target;

    public PublishPipeline(NatsGatewayState gateway, NatsConnection connection)
    {
        _gateway = gateway;
        _connection = connection;
        _storage = gateway.CreateLivePublisher();
    }

    /// <summary>The client may have become somebody else: nothing known about its subjects is true any more.</summary>
    public void ForgetTargets() => _targets.Clear();

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
        var match = target.Match;
        var served = match.PeersListen ? run.Messages.Length : 0;
        foreach (var subscription in match.Plain)
            served = Math.Max(served, _delivery.Deliver(run, subscription, _connection));
        if (match.Queues.Length > 0 || served < run.Messages.Length)
            DeliverOneByOne(run, target, served);
        else
            Store(run, target);
    }

    /// <summary>Sends what the read wrote to other clients.</summary>
    public void FlushReceivers() => _delivery.FlushList.Flush();

    /// <summary>Gives the read's records to the storage-node; waits only where that is behind.</summary>
    public ValueTask HandOverAsync() => _storage.FlushAsync(_gateway.FeedId);

    public void Dispose() => _storage.Dispose();

    private bool TryBeginRun(ReadOnlySpan<byte> subject)
    {
        if (_messages.Length == 0)
            _messages = new RunMessage[RunMessagesMax];
        if (!_targets.TryFind(subject, out var target, out var slot))
        {
            target = _targets.Replace(slot, subject);
            target.IsAllowed = _connection.Identity!.Permissions is null || _connection.Identity.Permissions.CanPublish(subject);
        }
        if (!target.IsLiteral)
            _connection.Answer(NatsErrors.Line(NatsErrors.InvalidPublishSubject));
        if (!target.IsAllowed && !_connection.Identity!.MayPublish(subject))
            return false;
        Refresh(target);
        _target = target;
        return true;
    }

    private void Refresh(PublishTarget target)
    {
        var account = _connection.Identity!.Account;
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

    /// <summary>Queue groups choose a member for each message; a request that nobody takes is answered.</summary>
    /// <param name="served">So many messages, the first ones, somebody has got already.</param>
    private void DeliverOneByOne(in PublishRun run, PublishTarget target, int served)
    {
        for (var index = 0; index < run.Messages.Length; index++)
        {
            var message = run.Only(index);
            var picked = default(PeerPicks);
            var taken = index < served;
            foreach (var group in target.Match.Queues)
            {
                group.Pick(_delivery.Random, out var member, out var peer);
                if (member < 0)
                    picked.Add(group.Name, peer);
                else if (!_delivery.DeliverToOne(message, group.Members, member, _connection))
                    continue;
                taken = true;
            }
            Store(message, target, picked);
            if (!taken && run.Messages[index].ReplyLength > 0 && _connection.Options.NoResponders)
                NoResponders.Answer(_connection, run.Subject, run.Source.Slice(run.Messages[index].ReplyStart, run.Messages[index].ReplyLength));
        }
    }

    private void Store(in PublishRun run, PublishTarget target, PeerPicks picks = default)
    {
        if (target.Route is not { } route || (route.IsLiveOnly && !target.Match.PeersListen && picks.IsEmpty))
            return;
        var now = _gateway.NowMs;
        var origin = _gateway.FeedId;
        foreach (ref readonly var message in run.Messages)
        {
            var value = run.Source.Slice(message.BodyStart + message.HeaderLength, message.BodyLength - message.HeaderLength);
            if (message.HeaderLength == 0 && message.ReplyLength == 0)
            {
                _storage.Append(route, now, run.Subject, value, default, 0, origin);
            }
            else
            {
                _headers.Encode(
                    run.Source.Slice(message.ReplyStart, message.ReplyLength), run.Source.Slice(message.BodyStart, message.HeaderLength));
                _storage.Append(route, now, run.Subject, value, _headers.Encoded, _headers.Count, origin);
            }
        }
        picks.AddTo(_storage, route);
    }
}
