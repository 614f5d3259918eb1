using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Who may change users and grants, and how what became of a change is told.</summary>
internal static class UserChanges
{
    public const string Disabled = "no users are configured: anybody may do everything";

    private const string Away = "users and grants cannot be changed at the moment";

    /// <returns>The store, or why nothing is changed.</returns>
    public static (UserStore? Store, KafkaError Error, string? Message) Open(IdentityProvider users, RequestContext context) =>
        !ClusterAccess.May(context.Identity, GrantOperation.Alter) ? (null, KafkaError.ClusterAuthorizationFailed, null)
        : !users.HasUsers ? (null, KafkaError.SecurityDisabled, Disabled)
        : users.Store is { } store ? (store, KafkaError.None, null)
        : (null, KafkaError.NotController, Away);

    /// <summary>While the storage is away: the one error of an administrator's requests that clients try again.</summary>
    public static (KafkaError Error, string? Message) Outcome(ErrorCode error) => error switch
    {
        ErrorCode.None => (KafkaError.None, null),
        ErrorCode.Unavailable or ErrorCode.NotLeader or ErrorCode.Sealed or ErrorCode.Cancelled => (KafkaError.NotController, Away),
        ErrorCode.Unsupported => (KafkaError.KafkaStorageError, "what is stored of the user cannot be read"),
        _ => (Outcomes.ToKafka(error), null),
    };
}
