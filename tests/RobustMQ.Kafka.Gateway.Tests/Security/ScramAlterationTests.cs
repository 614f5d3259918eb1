using System.Security.Cryptography;
using System.Text;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>What a request makes of one user's credentials.</summary>
public sealed class ScramAlterationTests
{
    private const sbyte Sha256 = 1;
    private const sbyte Sha512 = 2;

    private static readonly ScramVerifier Of256 = ScramVerifier.Create(ScramMechanism.Sha256, "old");
    private static readonly ScramVerifier Of512 = ScramVerifier.Create(ScramMechanism.Sha512, "old");

    [Fact]
    public void What_a_client_salted_proves_the_password()
    {
        var made = Apply([], [Upsertion(Sha256), Upsertion(Sha512)], []);
        Assert.Equal([ScramMechanism.Sha256, ScramMechanism.Sha512], made!.Select(static verifier => verifier.Mechanism));
        Assert.All(made!, static verifier => Assert.True(verifier.IsOf("new") && !verifier.IsOf("old")));
    }

    [Fact]
    public void Other_mechanisms_stay_as_they_are()
    {
        var made = Apply([], [Upsertion(Sha256)], [Of256, Of512]);
        Assert.True(made![0].IsOf("new"));
        Assert.Same(Of512, made[1]);
        Assert.Same(Of512, Assert.Single(Apply([Deletion(Sha256)], [], [Of256, Of512])!));
        Assert.Empty(Apply([Deletion(Sha256)], [], [Of256])!);
    }

    [Fact]
    public void One_is_made_and_another_deleted_at_once() =>
        Assert.Equal(ScramMechanism.Sha512, Assert.Single(Apply([Deletion(Sha256)], [Upsertion(Sha512)], [Of256])!).Mechanism);

    [Fact]
    public void Deleting_what_is_not_there_changes_nothing()
    {
        Assert.Null(Apply([Deletion(Sha256)], [], []));
        Assert.Null(Apply([Deletion(Sha256)], [Upsertion(Sha512)], [Of512]));
    }

    [Theory]
    [InlineData(Sha256, 4095, 16, 32, KafkaError.UnacceptableCredential)]
    [InlineData(Sha256, 4096, 16, 32, KafkaError.None)]
    [InlineData(Sha256, 16384, 16, 32, KafkaError.None)]
    [InlineData(Sha256, 16385, 16, 32, KafkaError.UnacceptableCredential)]
    [InlineData(Sha512, 4096, 0, 64, KafkaError.UnacceptableCredential)]
    [InlineData(Sha512, 4096, 1, 64, KafkaError.None)]
    [InlineData(Sha512, 4096, 256, 64, KafkaError.None)]
    [InlineData(Sha512, 4096, 257, 64, KafkaError.UnacceptableCredential)]
    [InlineData(Sha512, 4096, 16, 0, KafkaError.UnacceptableCredential)]
    [InlineData(Sha512, 4096, 16, 32, KafkaError.UnacceptableCredential)]
    [InlineData(Sha256, 4096, 16, 64, KafkaError.UnacceptableCredential)]
    [InlineData(0, 4096, 16, 32, KafkaError.UnsupportedSaslMechanism)]
    [InlineData(3, 4096, 16, 32, KafkaError.UnsupportedSaslMechanism)]
    public void A_credential_is_taken_within_its_bounds(sbyte mechanism, int iterations, int saltBytes, int saltedBytes, KafkaError expected)
    {
        var upsertion = new AlterUserScramCredentialsRequest.Upsertion { User = "ann", Mechanism = mechanism, Iterations = iterations, Salt = new byte[saltBytes], SaltedPassword = new byte[saltedBytes] };
        Assert.Equal(expected, ScramAlteration.Read([], [upsertion]).Error);
    }

    [Fact]
    public void A_credential_is_altered_once()
    {
        Assert.Equal(KafkaError.DuplicateResource, ScramAlteration.Read([], [Upsertion(Sha256), Upsertion(Sha256)]).Error);
        Assert.Equal(KafkaError.DuplicateResource, ScramAlteration.Read([Deletion(Sha256), Deletion(Sha256)], []).Error);
        Assert.Equal(KafkaError.DuplicateResource, ScramAlteration.Read([Deletion(Sha512)], [Upsertion(Sha512)]).Error);
        Assert.Equal(KafkaError.UnsupportedSaslMechanism, ScramAlteration.Read([Deletion(0)], []).Error);
    }

    private static IReadOnlyList<ScramVerifier>? Apply(
        AlterUserScramCredentialsRequest.Deletion[] deletions, AlterUserScramCredentialsRequest.Upsertion[] upsertions, IReadOnlyList<ScramVerifier> present) =>
        ScramAlteration.Read(deletions, upsertions).Alteration!.Apply(present);

    private static AlterUserScramCredentialsRequest.Deletion Deletion(sbyte mechanism) => new() { User = "ann", Mechanism = mechanism };

    /// <summary>As a client makes it of the password.</summary>
    private static AlterUserScramCredentialsRequest.Upsertion Upsertion(sbyte mechanism)
    {
        var salt = Encoding.UTF8.GetBytes("some salt");
        var hash = mechanism == Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512;
        return new()
        {
            User = "ann",
            Mechanism = mechanism,
            Iterations = 5000,
            Salt = salt,
            SaltedPassword = Rfc2898DeriveBytes.Pbkdf2("new", salt, 5000, hash, mechanism == Sha256 ? 32 : 64),
        };
    }
}
