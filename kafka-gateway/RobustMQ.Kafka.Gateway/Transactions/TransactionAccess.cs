using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.Kafka.Gateway.Topics;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>
/// Who may use a transactional id: who was granted it, and of those that the configuration gives permissions whoever may publish to the subject that is its name, as with topics. Two users that may use the
/// same one can fence each other.
/// </summary>
internal static class TransactionAccess
{
    public static bool CanUse(UserIdentity identity, string transactionalId) => May(identity, GrantOperation.Write, transactionalId);

    public static bool CanDescribe(UserIdentity identity, string transactionalId) => May(identity, GrantOperation.Describe, transactionalId);

    private static bool May(UserIdentity identity, GrantOperation operation, string id) =>
        identity.Grants.Decide(GrantResource.TransactionalId, operation, id) ?? (!identity.Grants.IsRestricted && TopicAccess.CanProduce(identity, id));
}
