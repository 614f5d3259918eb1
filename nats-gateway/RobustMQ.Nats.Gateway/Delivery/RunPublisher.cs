using RobustMQ.GatewayKit.Live;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Live;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Records.Live;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>
/// Publishes runs of messages: writes them to every local receiver and adds them to the batch for the storage-node. Whatever publishes has one of its own (a connection's reader, a
/// service that answers); used by one thread at a time.
/// </summary>
internal sealed class RunPublisher(NatsGatewayState gateway) : IDisposable
{
    private readonly RunDelivery _delivery = new();
    private readonly LivePublisher _storage = gateway.CreateLivePublisher();
    private readonly RecordHeaderEncoder _headers = new();

    /// <summary>Delivers a run; its bytes may go afterwards.</summary>
    /// <param name="route">Null where the subject can be no record's: delivered here, stored nowhere.</param>
    /// <param name="publisher">Who is told that nobody listens, and gets no echo where it asked for none; null: the gateway itself.</param>
    public void Publish(in PublishRun run, MatchResult match, TopicRoute? route, NatsConnection? publisher)
    {
        var served = match.PeersListen ? run.Messages.Length : 0;
        foreach (var subscription in match.Plain)
            served = Math.Max(served, _delivery.Deliver(run, subscription, publisher));
        if (match.Queues.Length > 0 || served < run.Messages.Length)
            DeliverOneByOne(run, match, route, publisher, served);
        else
            Store(run, match, route);
    }

    /// <summary>Sends what was written to clients.</summary>
    public void FlushReceivers() => _delivery.FlushList.Flush();

    /// <summary>Gives the records to the storage-node; waits only where that is behind.</summary>
    public ValueTask HandOverAsync() => _storage.FlushAsync(gateway.FeedId);

    public void Dispose() => _storage.Dispose();

    /// <summary>Queue groups choose a member for each message; a request that nobody takes is answered.</summary>
    /// <param name="served">So many messages, the first ones, somebody has got already.</param>
    private void DeliverOneByOne(in PublishRun run, MatchResult match, TopicRoute? route, NatsConnection? publisher, int served)
    {
        for (var index = 0; index < run.Messages.Length; index++)
        {
            var message = run.Only(index);
            var picked = default(PeerPicks);
            var taken = index < served;
            foreach (var group in match.Queues)
            {
                group.Peers.Pick(_delivery.Random, group.Members.Length, out var member, out var peer);
                if (member < 0)
                    picked.Add(group.Name, peer);
                else if (!_delivery.DeliverToOne(message, group.Members, member, publisher))
                    continue;
                taken = true;
            }
            Store(message, match, route, picked);
            if (!taken && publisher is { Options.NoResponders: true } && run.Messages[index].ReplyLength > 0)
                NoResponders.Answer(publisher, run.Subject, run.Source.Slice(run.Messages[index].ReplyStart, run.Messages[index].ReplyLength));
        }
    }

    private void Store(in PublishRun run, MatchResult match, TopicRoute? route, PeerPicks picks = default)
    {
        if (route is null || (route.IsLiveOnly && !match.PeersListen && picks.IsEmpty))
            return;
        var now = gateway.NowMs;
        var origin = gateway.FeedId;
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
