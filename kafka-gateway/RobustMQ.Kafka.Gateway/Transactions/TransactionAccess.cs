using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Topics;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Who may use a transactional id: whoever may publish to the subject that is its name, as with topics. Two users that may use the same one can fence each other.</summary>
internal static class TransactionAccess
{
    public static bool CanUse(UserIdentity identity, string transactionalId) => TopicAccess.CanProduce(identity, transactionalId);
}
