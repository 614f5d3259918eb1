using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Lists the transactional ids that this gateway coordinates and the client may know of.</summary>
internal sealed class ListTransactionsHandler(TransactionCoordinator transactions, TimeProvider time) : ApiHandler<ListTransactionsRequest, ListTransactionsResponse>
{
    protected override async ValueTask<ListTransactionsResponse> HandleAsync(ListTransactionsRequest request, RequestContext context)
    {
        var unknown = request.States.Where(static state => !Enum.GetNames<TransactionPhase>().Contains(state)).ToList();
        if (unknown.Count > 0 && unknown.Count == request.States.Count)
            return new() { UnknownStates = unknown };
        var (error, entries) = await transactions.ListAsync(context.Namespace, context.Aborted).ConfigureAwait(false);
        if (error != KafkaError.None)
            return new() { Error = error };
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        return new()
        {
            UnknownStates = unknown,
            Transactions =
            [
                .. entries.Where(entry => entry.State is { } state && IsWanted(request, state, nowMs) && TransactionAccess.CanDescribe(context.Identity, entry.Id))
                    .Select(static entry => new ListTransactionsResponse.Transaction { TransactionalId = entry.Id, ProducerId = entry.State!.ProducerId, State = entry.State.Phase.ToString() })
            ],
        };
    }

    private static bool IsWanted(ListTransactionsRequest request, TransactionState state, long nowMs) =>
        (request.States.Count == 0 || request.States.Contains(state.Phase.ToString()))
        && (request.ProducerIds.Count == 0 || request.ProducerIds.Contains(state.ProducerId))
        && (request.DurationMs < 0 || (state.StartedMs >= 0 && nowMs - state.StartedMs > request.DurationMs));
}
