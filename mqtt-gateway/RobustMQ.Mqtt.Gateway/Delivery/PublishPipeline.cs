using RobustMQ.GatewayKit.Live;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Live;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Records.Live;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>
/// What happens to one connection's publishes: consecutive messages of one topic and QoS are gathered into a run, matched once, written to every local receiver, and added
/// to the batches for the storage-node. Used by the connection's reading thread only.
/// </summary>
/// <remarks>Most connections of a large gateway publish rarely or never: what publishing needs comes with the first message.</remarks>
internal sealed class PublishPipeline : IDisposable
{
    /// <summary>Messages of one run; a segment of input holds fewer of all but the smallest.</summary>
    private const int RunMessagesMax = 256;

    private readonly MqttGatewayState _gateway;
    private readonly MqttConnection _connection;
    private RunDelivery? _delivery;
    private LivePublisher? _live;
    private StoredPublisher? _stored;
    private RecordHeaderEncoder? _headers;
    private AckQueue? _acks;
    private RunMessage[] _messages = [];
    private int _count;
    private PublishTarget? _target;
    private byte _qos;
    private bool _retain;
    private bool _canCopy;

    public PublishPipeline(MqttGatewayState gateway, MqttConnection connection)
    {
        _gateway = gateway;
        _connection = connection;
    }

    public AckQueue Acks => _acks ??= new AckQueue(_connection);

    /// <summary>Answers that wait for storage.</summary>
    public int WaitingAnswers => _acks?.Waiting ?? 0;

    /// <summary>Input that the next publishes lie in.</summary>
    public void BeginSource() => _count = 0;

    /// <summary>Adds a publish whose target was found allowed. Its bytes lie in the present source.</summary>
    public void Add(in PublishToRun publish, ReadOnlySpan<byte> source)
    {
        if (_count > 0 && (_count == RunMessagesMax || publish.Retain || _retain || publish.Qos != _qos || !ReferenceEquals(publish.Target, _target)))
            EndRun(source);
        if (_count == 0)
        {
            if (_messages.Length == 0)
                _messages = new RunMessage[RunMessagesMax];
            _target = publish.Target;
            _qos = publish.Qos;
            _retain = publish.Retain;
            _canCopy = true;
        }
        _canCopy &= publish.CanCopy;
        _messages[_count++] = publish.Message;
    }

    /// <summary>Delivers what was gathered; its bytes may go afterwards.</summary>
    public void EndRun(ReadOnlySpan<byte> source)
    {
        if (_count == 0)
            return;
        var target = _target!;
        var run = new PublishRun
        {
            Source = source,
            Topic = target.Topic,
            Subject = target.Subject,
            Messages = _messages.AsSpan(0, _count),
            Qos = _qos,
            Retain = _retain,
            IsV5 = _connection.Version == MqttVersion.V5,
            CanCopy = _canCopy,
        };
        _count = 0;
        CountReceived(run);
        Refresh(target);
        if (target.DelaySeconds > 0)
        {
            StoreDelayed(run, target);
            return;
        }
        var route = RouteOf(run, target);
        Delivery.Begin();
        foreach (var receiver in target.Match.Plain)
        {
            // What the log keeps comes to clients with sessions from those.
            if (!route.IsKept || !receiver.GetsStored)
                Delivery.Deliver(run, receiver, _connection);
        }
        if (target.Match.Shares.Length == 0)
        {
            Store(run, target, route);
            return;
        }
        for (var index = 0; index < run.Messages.Length; index++)
            ShareAndStore(run.Only(index), target, route);
    }

    /// <summary>Sends what the read wrote to other clients.</summary>
    public void FlushReceivers() => _delivery?.FlushList.Flush();

    /// <summary>Hands over what must be stored before it is answered, and answers what waits for nothing.</summary>
    public void Settle()
    {
        if (_stored is { IsEmpty: false } stored)
            stored.HandOver(_gateway.FeedId);
        _acks?.Settle();
    }

    /// <summary>Gives the read's records to the storage-node and answers; waits only where that, or a receiver, is behind.</summary>
    public ValueTask HandOverAsync()
    {
        Settle();
        var live = _live is { } publisher ? publisher.FlushAsync(_gateway.FeedId) : default;
        return _delivery is { FlushList: { HasCongested: true } congested } ? WaitAsync(live, congested) : live;
    }

    public void Dispose() => _live?.Dispose();

    private RunDelivery Delivery => _delivery ??= new RunDelivery();

    private LivePublisher Live => _live ??= _gateway.CreateLivePublisher();

    private StoredPublisher Stored => _stored ??= _gateway.CreateStoredPublisher();

    private RecordHeaderEncoder Headers => _headers ??= new RecordHeaderEncoder(_gateway.Mapping);

    private static async ValueTask WaitAsync(ValueTask live, FlushList congested)
    {
        await live.ConfigureAwait(false);
        await congested.WaitAsync().ConfigureAwait(false);
    }

    private void Refresh(PublishTarget target)
    {
        var ns = _connection.Client!.Namespace;
        if (target.MatchGeneration != ns.Generation)
        {
            target.Match = ns.Match(target.Subject, out var generation);
            target.MatchGeneration = generation;
        }
        var routeGeneration = _gateway.Topics.Generation;
        if (target.RouteGeneration == routeGeneration)
            return;
        target.Route = _gateway.Topics.Route(ns.Name, target.Subject);
        target.RouteGeneration = routeGeneration;
    }

    /// <summary>Messages at QoS 1 and 2 that no topic takes are kept where sessions want them.</summary>
    private TopicRoute RouteOf(in PublishRun run, PublishTarget target)
    {
        var route = target.Route!;
        return run.Qos > 0 && target.Match.IsWanted && route is { IsLive: true, IsLiveOnly: false } ? _gateway.Topics.DurableRoute(_connection.Client!.Namespace.Name) : route;
    }

    private void CountReceived(in PublishRun run)
    {
        var bytes = 0L;
        foreach (ref readonly var message in run.Messages)
            bytes += message.PayloadLength;
        _connection.Received.Add(run.Messages.Length, bytes);
    }

    /// <summary>Shared subscriptions choose a member for each message.</summary>
    private void ShareAndStore(in PublishRun message, PublishTarget target, TopicRoute route)
    {
        List<(string Share, SubscriberId Peer)>? picks = null;
        // The receivers before were given the whole run: forms are made for this message from here on.
        Delivery.Begin();
        foreach (var group in target.Match.Shares)
        {
            if (route.IsKept && group.IsKept)
                continue;
            group.Peers.Pick(Delivery.Random, group.Members.Length, out var member, out var peer);
            if (member < 0)
                (picks ??= []).Add((group.Name, peer));
            else
                Delivery.DeliverToOne(message, group.Members, member, _connection);
        }
        Store(message, target, route, picks);
    }

    private void Store(in PublishRun run, PublishTarget target, TopicRoute route, List<(string Share, SubscriberId Peer)>? picks = null)
    {
        var isSkipped = route.IsLiveOnly && !target.Match.PeersListen && picks is null;
        var waits = run.Qos > 0 && !route.IsLive;
        var batch = waits ? Stored.BatchOf(route, StoreKind.Message) : null;
        var retained = run.Retain ? Stored.BatchOf(_gateway.Retained.RouteOf(_connection.Client!.Namespace.Name), StoreKind.Retained) : null;
        var publisher = route.IsKept && _connection.Stored is { Subscriptions.HasNoLocal: true } stored ? stored.ClientId : [];
        var nowMs = _gateway.NowMs;
        foreach (ref readonly var message in run.Messages)
        {
            var payload = run.PayloadOf(message);
            var properties = run.IsV5 ? run.PropertiesOf(message) : default;
            var hasHeaders = run.Qos > 0 || run.Retain || properties.Length > 0 || publisher.Length > 0;
            if (hasHeaders)
                Headers.Encode(new PropertyBlock(properties), run.Qos, run.Retain, nowMs, publisher);
            var headers = hasHeaders ? Headers.Encoded : default;
            var headerCount = hasHeaders ? Headers.Count : 0;
            if (batch is not null)
                batch.Builder.Append(nowMs, Records.Batches.RecordAttributes.KeyIsSubject, run.Subject, payload, headers, headerCount);
            else if (!isSkipped)
                Live.Append(route, nowMs, run.Subject, payload, headers, headerCount, _gateway.FeedId);
            if (retained is not null)
                Retain(retained, nowMs, run.Subject, payload, headers, headerCount);
            if (run.Qos > 0)
                Acks.Add(new PendingAck(AnswerTo(message, run, target, route), batch ?? retained, batch is null ? null : retained));
        }
        AddPicks(picks, batch, isSkipped ? null : route);
    }

    /// <summary>Kept by storage until its moment, when everybody gets it from there, this gateway's clients included.</summary>
    private void StoreDelayed(in PublishRun run, PublishTarget target)
    {
        var ns = _connection.Client!.Namespace.Name;
        var route = target.Route is { IsLive: false } owner ? owner : _gateway.Topics.DurableRoute(ns);
        var batch = Stored.BatchOf(route, StoreKind.Delayed);
        var retained = run.Retain ? Stored.BatchOf(_gateway.Retained.RouteOf(ns), StoreKind.Retained) : null;
        var nowMs = _gateway.NowMs;
        foreach (ref readonly var message in run.Messages)
        {
            // Its time to live begins when it is published.
            Headers.Encode(new PropertyBlock(run.IsV5 ? run.PropertiesOf(message) : default), run.Qos, run.Retain, nowMs + target.DelaySeconds * 1000, publisher: []);
            Headers.AddDelay(nowMs + target.DelaySeconds * 1000);
            batch.Builder.Append(nowMs, Records.Batches.RecordAttributes.KeyIsSubject, run.Subject, run.PayloadOf(message), Headers.Encoded, Headers.Count);
            retained?.Builder.Append(nowMs, Records.Batches.RecordAttributes.KeyIsSubject, run.Subject, run.PayloadOf(message), Headers.Encoded, Headers.Count);
            if (run.Qos > 0)
                Acks.Add(new PendingAck(new PublishAck(run.Qos == 1 ? PacketType.PubAck : PacketType.PubRec, message.PacketId), batch, retained));
        }
    }

    private static void Retain(StoreBatch retained, long nowMs, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> headers, int headerCount)
    {
        if (payload.IsEmpty)
            (retained.Tombstones ??= []).Add(retained.Builder.RecordCount);
        retained.Builder.Append(nowMs, Records.Batches.RecordAttributes.KeyIsSubject, subject, payload, headers, headerCount);
    }

    private void AddPicks(List<(string Share, SubscriberId Peer)>? picks, StoreBatch? batch, TopicRoute? route)
    {
        if (picks is null)
            return;
        foreach (var (share, peer) in picks)
        {
            if (batch is not null)
                batch.AddPick(share, peer);
            else if (route is not null)
                Live.AddPick(route, share, peer);
        }
    }

    private static PublishAck AnswerTo(in RunMessage message, in PublishRun run, PublishTarget target, TopicRoute route)
    {
        var isHeard = run.Retain || !target.Match.IsNobody || !route.IsLive;
        var reason = isHeard ? ReasonCode.Success : ReasonCode.NoMatchingSubscribers;
        return new PublishAck(run.Qos == 1 ? PacketType.PubAck : PacketType.PubRec, message.PacketId, reason);
    }
}

/// <summary>One publish that may join a run.</summary>
internal readonly ref struct PublishToRun
{
    public required PublishTarget Target { get; init; }

    public required RunMessage Message { get; init; }

    public required byte Qos { get; init; }

    public required bool Retain { get; init; }

    /// <summary>See <see cref="PublishRun.CanCopy"/>.</summary>
    public required bool CanCopy { get; init; }
}
