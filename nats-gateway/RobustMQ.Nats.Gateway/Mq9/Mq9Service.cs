using System.Text;
using Microsoft.Extensions.Logging;
using RobustMQ.Nats.Gateway.Mq9.Agents;
using RobustMQ.Nats.Gateway.Mq9.EarlierForm;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Nats.Gateway.Mq9.Messages;
using RobustMQ.Nats.Gateway.Services;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>Mailboxes for AI agents, over plain requests: <c>$mq9.AI.&gt;</c>. What is supported is told in docs/protocols/mq9.md.</summary>
internal sealed partial class Mq9Service : IRequestService, IDisposable
{
    private const string PrefixText = "$mq9.AI.";

    /// <summary>An answer is never larger, whatever the gateway's own limit for messages.</summary>
    private const long AnswerBytesMax = 30 << 20;

    private readonly Mq9Commands _commands;
    private readonly MailboxSubscriptions _subscriptions;
    private readonly AgentDirectories _agents;
    private readonly ISemanticSearch _semantic;
    private readonly ServiceAnswers _publisher;
    private readonly Mq9Answers _answers = new();
    private readonly ILogger _logger;

    public Mq9Service(NatsGatewayState gateway, IStorageClient storage, ILoggerFactory loggers)
    {
        var options = gateway.Options.Mq9;
        var mailboxes = new MailboxStore(storage, gateway.Time);
        var publicMailboxes = new PublicMailboxes(storage, gateway.Time);
        _logger = loggers.CreateLogger<Mq9Service>();
        _publisher = new ServiceAnswers(gateway);
        _agents = new AgentDirectories(storage, gateway.Time);
        _semantic = options.Embeddings is { } embeddings ? new EmbeddingSearch(embeddings) : new LexicalSearch();
        _commands = new Mq9Commands(
            storage, mailboxes, publicMailboxes, _agents, _semantic, new WaitSlots(options.WaitsMax), options, Math.Min(AnswerBytesMax, gateway.Options.PayloadBytesMax), gateway.Time);
        _subscriptions = new MailboxSubscriptions(
            mailboxes, publicMailboxes, storage.Consumers, new WaitSlots(options.SubscriptionsMax), gateway.Time, loggers.CreateLogger<MailboxSubscriptions>());
    }

    public ReadOnlyMemory<byte> Prefix { get; } = Encoding.UTF8.GetBytes(PrefixText);

    public async ValueTask ServeAsync(ServiceRequest request)
    {
        var answer = _answers.Rent();
        try
        {
            var rest = Encoding.UTF8.GetString(request.Subject.Span[PrefixText.Length..]);
            if (_commands.Find(rest, out var argument) is { } command)
                await command.RunAsync(new Mq9Call(request, argument, answer)).ConfigureAwait(false);
            else
                Reject(request, $"{PrefixText}{rest}", answer);
        }
        catch (OperationCanceledException) when (request.ClientGone.IsCancellationRequested)
        {
            return;
        }
        catch (Exception error)
        {
            LogFailed(_logger, error);
            answer.Fail("the server failed");
        }
        if (!request.ReplyTo.IsEmpty)
            await _publisher.PublishAsync(request.Account, request.ReplyTo, answer.End()).ConfigureAwait(false);
        _answers.Return(answer);
    }

    public void OnSubscribed(NatsSubscription subscription) => _subscriptions.Begin(subscription);

    public void Dispose()
    {
        _agents.Dispose();
        (_semantic as IDisposable)?.Dispose();
    }

    /// <summary>Whoever wants no reply is told on the connection.</summary>
    private static void Reject(ServiceRequest request, string subject, Mq9Answer answer)
    {
        answer.Fail(Mq9Errors.Unrecognized(subject));
        if (!request.ReplyTo.IsEmpty)
            return;
        request.Connection.Outbound.Write(NatsErrors.Line(Encoding.UTF8.GetBytes(Mq9Errors.Unrecognized(subject))));
        request.Connection.Outbound.Flush();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A request for a mailbox ended by a fault of the gateway")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
