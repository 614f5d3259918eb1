using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Security;

/// <summary>What a request changes of one user's credentials (KIP-554): all of it or, where something is wrong with it, nothing.</summary>
internal sealed class ScramAlteration
{
    /// <summary>As Kafka has them.</summary>
    private const int IterationsMin = 4096, IterationsMax = 16384;

    /// <summary>A client is sent it at every login.</summary>
    private const int SaltBytesMax = 256;

    private readonly List<ScramMechanism> _deleted = [];
    private readonly List<ScramVerifier> _upserted = [];

    private ScramAlteration()
    {
    }

    public static (ScramAlteration? Alteration, KafkaError Error, string? Message) Read(
        IEnumerable<AlterUserScramCredentialsRequest.Deletion> deletions, IEnumerable<AlterUserScramCredentialsRequest.Upsertion> upsertions)
    {
        var alteration = new ScramAlteration();
        foreach (var deletion in deletions)
        {
            if (ScramNumbers.MechanismOf(deletion.Mechanism) is not { } mechanism)
                return (null, KafkaError.UnsupportedSaslMechanism, "no mechanism of SCRAM");
            alteration._deleted.Add(mechanism);
        }
        foreach (var upsertion in upsertions)
        {
            if (ScramNumbers.MechanismOf(upsertion.Mechanism) is not { } mechanism)
                return (null, KafkaError.UnsupportedSaslMechanism, "no mechanism of SCRAM");
            if (ProblemOf(upsertion, mechanism) is { } problem)
                return (null, KafkaError.UnacceptableCredential, problem);
            alteration._upserted.Add(ScramVerifier.FromSalted(mechanism, upsertion.SaltedPassword.ToArray(), upsertion.Salt.ToArray(), upsertion.Iterations));
        }
        var mechanisms = alteration._deleted.Concat(alteration._upserted.Select(static verifier => verifier.Mechanism)).ToArray();
        return mechanisms.Distinct().Count() == mechanisms.Length
            ? (alteration, KafkaError.None, null)
            : (null, KafkaError.DuplicateResource, "a credential is altered once in a request");
    }

    /// <returns>Null: what is to be deleted is not there.</returns>
    public IReadOnlyList<ScramVerifier>? Apply(IReadOnlyList<ScramVerifier> present)
    {
        if (_deleted.Exists(mechanism => !present.Any(verifier => verifier.Mechanism == mechanism)))
            return null;
        return
        [
            .. ScramMechanism.All.Except(_deleted)
                .Select(mechanism => _upserted.Concat(present).FirstOrDefault(verifier => verifier.Mechanism == mechanism)).OfType<ScramVerifier>()
        ];
    }

    private static string? ProblemOf(AlterUserScramCredentialsRequest.Upsertion upsertion, ScramMechanism mechanism) =>
        upsertion.Iterations is < IterationsMin or > IterationsMax ? $"iterations: {IterationsMin} to {IterationsMax}"
        : upsertion.Salt.Length is 0 or > SaltBytesMax ? $"salt: 1 to {SaltBytesMax} bytes"
        : upsertion.SaltedPassword.Length != mechanism.HashBytes ? $"salted password: {mechanism.HashBytes} bytes for {mechanism.Name}"
        : null;
}
