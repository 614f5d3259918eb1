using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>Who may change users and grants, and what is said of a change that was not made.</summary>
public sealed class UserChangesTests
{
    private static readonly UserOptions Root = new() { Name = "root", Password = "all of it" };
    private static readonly UserOptions Ann = new() { Name = "ann", Password = "secret", Permissions = new PermissionOptions { PublishAllow = ["anns.>"] } };

    [Theory]
    [InlineData("root", KafkaError.NotController)]
    [InlineData("ann", KafkaError.ClusterAuthorizationFailed)]
    public async Task Where_nothing_can_be_stored_those_who_may_are_told_to_try_again(string user, KafkaError expected)
    {
        using var users = Provider(Root, Ann);
        var login = await users.AuthenticateAsync(new Credentials { User = user, Password = user == "root" ? "all of it" : "secret" });
        var (store, error, message) = UserChanges.Open(users, Request(login.Identity!));
        Assert.Equal((null, expected, expected == KafkaError.NotController), (store, error, message is not null));
    }

    [Fact]
    public void Anybody_is_told_that_there_are_no_users()
    {
        using var users = Provider();
        Assert.Equal(KafkaError.SecurityDisabled, UserChanges.Open(users, Request(UserIdentity.Anybody)).Error);
    }

    [Theory]
    [InlineData(ErrorCode.None, KafkaError.None)]
    [InlineData(ErrorCode.Unavailable, KafkaError.NotController)]
    [InlineData(ErrorCode.NotLeader, KafkaError.NotController)]
    [InlineData(ErrorCode.UnknownOutcome, KafkaError.RequestTimedOut)]
    [InlineData(ErrorCode.TimedOut, KafkaError.RequestTimedOut)]
    [InlineData(ErrorCode.Unsupported, KafkaError.KafkaStorageError)]
    [InlineData(ErrorCode.DiskFailure, KafkaError.KafkaStorageError)]
    public void What_may_be_tried_again_is_told_from_what_may_not(ErrorCode outcome, KafkaError expected) => Assert.Equal(expected, UserChanges.Outcome(outcome).Error);

    private static IdentityProvider Provider(params UserOptions[] users) => new(new AuthOptions { Users = users }, TimeProvider.System, NullLogger<IdentityProvider>.Instance);

    private static RequestContext Request(UserIdentity identity) => new(new KafkaConnection(1, null, null) { Identity = identity }, default, 0, CancellationToken.None);
}
