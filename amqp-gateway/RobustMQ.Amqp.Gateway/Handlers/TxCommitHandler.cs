using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Publishing;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>Stores what the transaction published, then its answers, and says so when all of it is stored.</summary>
internal sealed class TxCommitHandler : MethodHandler<TxCommit>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in TxCommit method) =>
        CommitAsync(session, channel, channel.Transaction ?? throw AmqpException.Precondition("channel is not transactional"));

    private static async Task CommitAsync(AmqpSession session, AmqpChannel channel, Transaction transaction)
    {
        var batches = session.Publisher.Batches;
        await batches.SettleAsync().ConfigureAwait(false);
        var failedBefore = batches.Failed;
        transaction.IsCommitting = true;
        foreach (var message in transaction.Messages)
        {
            if (session.Publisher.PublishNow(channel, message.Address, message.IsMandatory, message.Properties, message.Body) is { } publish)
                await publish.ConfigureAwait(false);
        }
        await batches.SettleAsync().ConfigureAwait(false);
        if (batches.Failed != failedBefore)
            throw new AmqpException(ReplyCode.InternalError, "the transaction could not be stored as a whole");
        foreach (var answer in transaction.Answers)
        {
            if (!channel.Answer(answer.Tag, answer.IsMultiple, answer.Kind))
                throw AmqpChannel.UnknownTag(answer.Tag);
        }
        if (transaction.Answers.Count > 0)
            await channel.SyncAsync().ConfigureAwait(false);
        transaction.Clear();
        session.Connection.Outbound.WriteMethod(channel.Number, default(TxCommitOk));
    }
}
