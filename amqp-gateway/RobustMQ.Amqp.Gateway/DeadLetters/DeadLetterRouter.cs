using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RobustMQ.Amqp.Gateway.Messages;
using RobustMQ.Amqp.Gateway.Names;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Gateway.Routing;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol.Contents;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.DeadLetters;

/// <summary>
/// Brings what queues of a vhost have given up to their dead-letter exchanges. The dead-letter log is read by one gateway at a time, so that order stays; a message is done with there when
/// its copies are stored, so that none is lost.
/// </summary>
internal sealed partial class DeadLetterRouter(AmqpGatewayState gateway, Vhost vhost, ILogger logger) : IConsumerReceiver, IAsyncDisposable
{
    /// <summary>Dead messages in memory, twice as many for a moment after the storage-node was lost.</summary>
    private const int Window = 256;

    /// <summary>Bytes of them, twice as many at most: room is given back by the round.</summary>
    private const long WindowBytes = 8 << 20;

    private static readonly TimeSpan RetryTime = TimeSpan.FromSeconds(1);

    /// <summary>Without a bound of its own: the credit is one.</summary>
    private readonly Channel<DeadMessage> _messages = Channel.CreateUnbounded<DeadMessage>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly RecordEncoder _encoder = new();
    private IConsumerMembership? _membership;
    private PublishBatches? _batches;
    private long _bytesTaken;
    private Task _run = Task.CompletedTask;
    private volatile bool _isOver;

    /// <summary>Its consumer is gone, and it with it: another router has to begin anew. Any thread.</summary>
    public bool IsOver => _isOver;

    public async ValueTask<bool> StartAsync()
    {
        var consumer = new ConsumerRef(vhost.Namespace, "amqp/dead-letters");
        var created = await gateway.Storage.Consumers.CreateAsync(new ConsumerSpec
        {
            Consumer = consumer,
            Bindings = [new ConsumerBinding { Id = 1, Topic = AmqpTopics.DeadLetters }],
            Members = MemberPolicy.SingleActive,
        }).ConfigureAwait(false);
        if (created.Error is not (ErrorCode.None or ErrorCode.AlreadyExists))
            return false;
        _batches = new PublishBatches(gateway, static () => { });
        _membership = gateway.Storage.Consumers.Join(
            new ConsumerJoin { Consumer = consumer, Member = gateway.Id, CreditRecords = Window, CreditBytes = WindowBytes }, this);
        _run = RunAsync();
        return true;
    }

    public void OnJoined(in MemberJoined joined)
    {
    }

    public void OnActive(bool isActive)
    {
    }

    public void OnDeliveries(in Deliveries deliveries)
    {
        // First: the round that the messages fall into gives the room back.
        Interlocked.Add(ref _bytesTaken, deliveries.Batches.Length);
        var hasMessages = false;
        using var reader = new DeliveryReader(deliveries);
        while (reader.MoveNext())
        {
            if (DeadMessage.Read(reader.Current, reader.Id) is { } message)
            {
                hasMessages = true;
                _messages.Writer.TryWrite(message);
                continue;
            }
            _membership!.Acknowledge(new Acknowledgement(reader.Id));
            _membership.AddCredit(1);
        }
        if (!hasMessages)
            _membership!.AddCredit(0, Interlocked.Exchange(ref _bytesTaken, 0));
    }

    public void OnLeft(ErrorCode reason)
    {
        if (reason == ErrorCode.Unavailable)
            return;
        _isOver = true;
        _messages.Writer.TryComplete();
    }

    public async ValueTask DisposeAsync()
    {
        _messages.Writer.TryComplete();
        await _run.ConfigureAwait(false);
        if (_membership is not null)
            await _membership.DisposeAsync().ConfigureAwait(false);
        _batches?.Dispose();
    }

    private async Task RunAsync()
    {
        var round = new List<DeadMessage>();
        // What lies here when it has left is the next router's: it cannot be acknowledged any more, and would be routed twice.
        while (await _messages.Reader.WaitToReadAsync().ConfigureAwait(false) && !_isOver)
        {
            round.Clear();
            while (round.Count < Window && _messages.Reader.TryRead(out var message))
                round.Add(message);
            try
            {
                await RouteAsync(round).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                LogFailed(logger, vhost.Name, error);
                Answer(round, AckKind.Return);
            }
        }
    }

    private async ValueTask RouteAsync(List<DeadMessage> round)
    {
        await vhost.SyncAsync().ConfigureAwait(false);
        if (_isOver)
            return;
        var failedBefore = _batches!.Failed;
        foreach (var message in round)
            Route(message);
        await _batches.SettleAsync().ConfigureAwait(false);
        Answer(round, _batches.Failed == failedBefore ? AckKind.Acknowledge : AckKind.Return);
    }

    private void Answer(List<DeadMessage> round, AckKind kind)
    {
        foreach (var message in round)
            _membership!.Acknowledge(new Acknowledgement(message.Delivery, kind) { Delay = kind == AckKind.Return ? RetryTime : null });
        _membership!.AddCredit(round.Count, Interlocked.Exchange(ref _bytesTaken, 0));
    }

    private void Route(DeadMessage message)
    {
        if (!vhost.Topology.TryGetQueue(message.Queue, out var queue) || queue.Spec.Policy is not { DeadLetterExchange: { } exchange } policy)
            return;
        var keepsKey = policy.DeadLetterRoutingKey is null;
        var key = keepsKey ? message.RoutingKey : Encoding.UTF8.GetBytes(policy.DeadLetterRoutingKey!);
        var properties = DeathHistory.Add(message, keepsKey);
        var others = new List<byte[]>();
        BasicProperties.TryRead(properties, out var read);
        MessageFacts.ReadCopies(read.Headers, others);
        var routed = new RoutedMessage(key, properties);
        var exchangeBytes = Encoding.UTF8.GetBytes(exchange);
        // To each queue alone, since one may be left out.
        if (vhost.Topology.Route(exchangeBytes, routed, others) is not { } route)
            return;
        var nowMs = gateway.NowMs;
        _encoder.Encode(new AmqpEnvelope { Exchange = exchangeBytes, RoutingKey = key, Properties = properties }, read.Has(PropertyFlags.Priority) ? read.Priority : 0, 0);
        foreach (var target in route.Targets)
        {
            if (target.Queue is { } next && !DeathHistory.IsCircle(properties, next.Name))
                _batches!.Add(target, nowMs, message.Body, _encoder.Encoded, _encoder.Count, target.IsDurable ? Durability.Durable : Durability.Accepted, default);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Dead letters of vhost {Vhost} were not routed and are tried again")]
    private static partial void LogFailed(ILogger logger, string vhost, Exception error);
}
