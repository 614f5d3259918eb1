using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>Stores what the transaction published, then its answers, and says so when all of it is stored. What is refused before anything is stored leaves nothing.</summary>
internal sealed class TxCommitHandler(AmqpGatewayState gateway) : MethodHandler<TxCommit>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in TxCommit method) =>
        CommitAsync(session, channel, channel.Transaction ?? throw AmqpException.Precondition("channel is not transactional"));

    private async Task CommitAsync(AmqpSession session, AmqpChannel channel, Transaction transaction)
    {
        if (channel.FindUnknown(transaction.Answers) is { } unknown)
            throw AmqpChannel.UnknownTag(unknown);
        await session.Publisher.Batches.SettleAsync().ConfigureAwait(false);
        foreach (var message in transaction.Messages)
        {
            transaction.Route(message);
            if (session.Publisher.PublishNow(channel, message.Address, message.IsMandatory, message.Properties, message.Body) is { } publish)
                await publish.ConfigureAwait(false);
        }
        if (transaction.Routed.Count > 0 && !await new TransactionStore(gateway, session.Connection.Vhost!, session.Publisher).StoreAsync(transaction).ConfigureAwait(false))
            throw AmqpException.Precondition("partial tx completion");
        foreach (var answer in transaction.Answers)
            channel.Answer(answer.Tag, answer.IsMultiple, answer.Kind);
        if (transaction.Answers.Count > 0)
            await channel.SyncAsync().ConfigureAwait(false);
        transaction.Clear();
        session.Connection.Outbound.WriteMethod(channel.Number, default(TxCommitOk));
    }
}
