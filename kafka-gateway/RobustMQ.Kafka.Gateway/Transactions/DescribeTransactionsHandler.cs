using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Tells what transactional ids are at, with those of their topics that the client may know of.</summary>
internal sealed class DescribeTransactionsHandler(TransactionCoordinator transactions, TopicDirectory topics) : ApiHandler<DescribeTransactionsRequest, DescribeTransactionsResponse>
{
    protected override async ValueTask<DescribeTransactionsResponse> HandleAsync(DescribeTransactionsRequest request, RequestContext context)
    {
        var found = new List<DescribeTransactionsResponse.Transaction>(request.TransactionalIds.Count);
        foreach (var id in request.TransactionalIds.Distinct(StringComparer.Ordinal))
            found.Add(await DescribeAsync(id, context).ConfigureAwait(false));
        return new() { Transactions = found };
    }

    private async ValueTask<DescribeTransactionsResponse.Transaction> DescribeAsync(string id, RequestContext context)
    {
        if (!TransactionAccess.CanDescribe(context.Identity, id))
            return new() { TransactionalId = id, Error = KafkaError.TransactionalIdAuthorizationFailed };
        var (error, state) = await transactions.DescribeAsync(context.Namespace, id).ConfigureAwait(false);
        if (state is null)
            return new() { TransactionalId = id, Error = error };
        return new()
        {
            TransactionalId = id,
            State = state.Phase.ToString(),
            TimeoutMs = state.TimeoutMs,
            StartedMs = state.StartedMs,
            ProducerId = state.ProducerId,
            ProducerEpoch = state.ProducerEpoch,
            Topics = [.. StoredTransaction.ByTopic(state.Partitions).Where(topic => topics.TryGet(context.Namespace, topic.Name, out var known) && TopicAccess.CanDescribe(context.Identity, known))],
        };
    }
}
