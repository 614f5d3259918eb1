using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>Refuses: users and their credentials are configuration.</summary>
internal sealed class AlterUserScramCredentialsHandler : ApiHandler<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>
{
    protected override ValueTask<AlterUserScramCredentialsResponse> HandleAsync(AlterUserScramCredentialsRequest request, RequestContext context) => new(new AlterUserScramCredentialsResponse
    {
        Results =
        [
            .. request.Deletions.Select(static deletion => deletion.User).Concat(request.Upsertions.Select(static upsertion => upsertion.User)).Distinct()
                .Select(static user => new AlterUserScramCredentialsResponse.Result { User = user, Error = KafkaError.PolicyViolation, ErrorMessage = SharedPermissions.AreConfigured })
        ],
    });
}
