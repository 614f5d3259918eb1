using System.Security.Cryptography;
using System.Text;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Tests.Support;

/// <summary>The client's side of SCRAM-SHA-256 in AUTH packets.</summary>
internal sealed class ScramClient(string user, string password)
{
    private readonly string _firstBare = $"n={user},r=fyko+d2lbbFgONRv9qkxdawL";

    public string ServerSignature { get; private set; } = "";

    public PropertyBlockBuilder First(string method) => With(method, $"n,,{_firstBare}");

    public PropertyBlockBuilder Final(string auth)
    {
        Assert.StartsWith("AUTH ContinueAuthentication AuthenticationMethod=SCRAM-SHA-256 AuthenticationData=", auth);
        var serverFirst = auth.Split("AuthenticationData=")[1];
        var parts = serverFirst.Split(',');
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(parts[1][2..]), int.Parse(parts[2][2..], System.Globalization.CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var withoutProof = $"c=biws,{parts[0]}";
        var message = Encoding.UTF8.GetBytes($"{_firstBare},{serverFirst},{withoutProof}");
        var proof = HMACSHA256.HashData(SHA256.HashData(clientKey), message);
        for (var at = 0; at < proof.Length; at++)
            proof[at] ^= clientKey[at];
        ServerSignature = Convert.ToBase64String(HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), message));
        return With("SCRAM-SHA-256", $"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    private static PropertyBlockBuilder With(string method, string data) =>
        new PropertyBlockBuilder().Add(PropertyId.AuthenticationMethod, Encoding.UTF8.GetBytes(method)).Add(PropertyId.AuthenticationData, Encoding.UTF8.GetBytes(data));
}
