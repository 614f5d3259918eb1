using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Subscriptions;

/// <summary>One filter that one client subscribed to. Unchanging: another SUBSCRIBE for the filter makes another.</summary>
internal sealed class MqttSubscription
{
    private MatchResult? _aloneResult;

    public required MqttConnection Connection { get; init; }

    /// <summary>As the client wrote it.</summary>
    public required byte[] TopicFilter { get; init; }

    /// <summary>As a filter of subjects, without <c>$share/</c>.</summary>
    public required SubjectFilter Filter { get; init; }

    /// <summary>The same as bytes.</summary>
    public required byte[] FilterBytes { get; init; }

    /// <summary>Null: everybody gets their own copy.</summary>
    public required string? ShareName { get; init; }

    /// <summary>No other client may have it at the same time.</summary>
    public bool IsExclusive { get; init; }

    public required SubscriptionOptions Options { get; init; }

    /// <summary>The subscription identifier as an encoded property; empty where the client gave none.</summary>
    public required byte[] Identifier { get; init; }

    /// <summary>Some subjects under the filter are denied to this client: each delivery is checked.</summary>
    public required bool ChecksDeliveries { get; init; }

    /// <summary>Number among the subscriptions of a session that outlives its connection; 0: of one that does not.</summary>
    public int StoredId { get; init; }

    /// <summary>Messages at QoS 1 and 2 are kept for it and come from its session.</summary>
    public bool IsKept => StoredId > 0 && Options.Qos > 0 && ShareName is null;

    /// <summary>Does not match topics that begin with <c>$</c> (5.0 section 4.7.2).</summary>
    public bool BeginsWithWildcard => FilterBytes[0] == '*' && (FilterBytes.Length == 1 || FilterBytes[1] is (byte)'.' or (byte)'*');

    /// <summary>Set once it is out of its namespace's interest.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>The match that is this subscription alone: by far the most frequent one.</summary>
    public MatchResult AloneResult => _aloneResult ??= new MatchResult([Receiver.Of(this)], [], false);

    /// <param name="identifier">0: none.</param>
    public static byte[] EncodeIdentifier(uint identifier) =>
        identifier == 0 ? [] : new PropertyBlockBuilder().Add(PropertyId.SubscriptionIdentifier, identifier).Encoded.ToArray();
}
