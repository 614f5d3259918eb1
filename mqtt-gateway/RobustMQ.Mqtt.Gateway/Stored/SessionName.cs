using System.Security.Cryptography;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>Names one client's session in storage. Client identifiers are any text of any length; keys and consumers' names are not.</summary>
internal sealed record SessionName
{
    /// <summary>Consumers of sessions are listed under this.</summary>
    public const string ConsumerPrefix = "mqtt/sessions/";

    private const int HashBytes = 16;

    private SessionName(Namespace ns, string clientId)
    {
        Namespace = ns;
        ClientId = clientId;
        var bytes = Encoding.UTF8.GetBytes($"{ns.Value}\0{clientId}");
        Hash = Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, HashBytes));
        var isPlain = Encoding.UTF8.GetByteCount(clientId) <= ConsumerRef.NameBytesMax / 2 && !clientId.Any(char.IsControl) && !clientId.StartsWith('#');
        Consumer = new ConsumerRef(ns, ConsumerPrefix + (isPlain ? clientId : "#" + Hash));
    }

    public Namespace Namespace { get; }

    public string ClientId { get; }

    /// <summary>First token of the keys of everything that is stored for the session.</summary>
    public string Hash { get; }

    public ConsumerRef Consumer { get; }

    public static SessionName Of(Namespace ns, string clientId) => new(ns, clientId);
}
