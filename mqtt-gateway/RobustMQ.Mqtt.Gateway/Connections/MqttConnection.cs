using System.Net;
using System.Security.Cryptography.X509Certificates;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>
/// One client's socket as the rest of the gateway sees it: who it is, what it subscribed to, how to write to it. The session that reads the socket owns it.
/// </summary>
internal sealed class MqttConnection(ulong id, Outbound outbound, EndPoint? remoteEndPoint, DateTimeOffset startedAt)
{
    private Dictionary<byte[], MqttSubscription>? _subscriptions;
    private InboundMessages? _inbound;
    private int _receiveMaximum;
    private CloseReason? _closeReason;
    private MqttClient? _client;
    private bool _isWelcome;

    public ulong Id { get; } = id;

    public Outbound Outbound { get; } = outbound;

    public EndPoint? RemoteEndPoint { get; } = remoteEndPoint;

    public DateTimeOffset StartedAt { get; } = startedAt;

    /// <summary>Last time the client sent anything.</summary>
    public DateTimeOffset LastActivityAt { get; set; } = startedAt;

    /// <summary>Null until the client is let in.</summary>
    public MqttClient? Client => Volatile.Read(ref _client);

    /// <summary>None until the client is let in.</summary>
    public MqttVersion Version => Client?.Version ?? MqttVersion.None;

    /// <summary>Null where the client showed none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>Written by the session's thread only.</summary>
    public ConnectionCounters Received { get; } = new();

    /// <summary>Publishes of the client that are not through. Made by the session's thread, with the first one at QoS 1 or 2.</summary>
    public InboundMessages Inbound => _inbound ??= new InboundMessages(_receiveMaximum, Stored?.Saved.Unreleased);

    /// <summary>The client's session where that outlives the connection. Set before the client is let in.</summary>
    public StoredSession? Stored { get; private set; }

    /// <summary>Seconds that the session outlives the connection, as last agreed on.</summary>
    public uint SessionExpiry { get; set; }

    /// <summary>Reads the socket, until the connection is closed; set by itself.</summary>
    public MqttSession? Session { get; set; }

    /// <summary>Null while the connection is open.</summary>
    public CloseReason? CloseReason => _closeReason;

    /// <summary>Something was answered within the present read and waits for its end to be flushed. The session's thread only.</summary>
    public bool HasAnswers { get; set; }

    public int SubscriptionCount => _subscriptions?.Count ?? 0;

    public bool MayReceive(ReadOnlySpan<byte> subject) => Client?.Identity.Permissions is not { } permissions || permissions.CanReceive(subject);

    /// <summary>Whether the client may be sent a message again that it had under a subscription which is not there any more.</summary>
    public bool MayReceiveAgain(ReadOnlySpan<byte> subject) =>
        Client?.Identity.Permissions is not { } permissions || permissions.CanSubscribe(subject, default) == SubscribeDecision.Allowed;

    /// <summary>Lets the client in. The session's thread only, once.</summary>
    /// <param name="receiveMaximum">What it was told that it may have open.</param>
    public void Enter(MqttClient client, int receiveMaximum, StoredSession? stored)
    {
        _receiveMaximum = receiveMaximum;
        Stored = stored;
        SessionExpiry = client.SessionExpiry;
        Volatile.Write(ref _client, client);
    }

    /// <summary>The client was told that it is let in: its user may have changed since it was looked up, and is followed from now on. The session's thread only.</summary>
    public void Welcome(IdentityProvider users)
    {
        Volatile.Write(ref _isWelcome, true);
        Interlocked.MemoryBarrier();
        Follow(users);
    }

    /// <summary>
    /// Looks at what the client's user may do by now. Where that is more the client goes on; where it is less it is to log in anew, so that everything it has is looked at again. Any thread.
    /// </summary>
    public void Follow(IdentityProvider users)
    {
        // Nothing comes before a CONNACK.
        while (Volatile.Read(ref _isWelcome) && _closeReason is null && Client is { } client)
        {
            switch (OpenSessions.Judge(users, client.User, out var current))
            {
                case SessionStanding.Unchanged:
                    return;
                case SessionStanding.MayDoMore when MqttClient.IdentityOf(current, client.ClientId) is { } identity:
                    Interlocked.CompareExchange(ref _client, client with { User = current, Identity = identity }, client);
                    break;
                case SessionStanding.IsGone:
                    Close(CloseReason.UserGone);
                    return;
                default:
                    Close(CloseReason.UserChanged);
                    return;
            }
        }
    }

    /// <summary>Adds a subscription in the place of one with the same filter. The session's thread only.</summary>
    /// <returns>False where there was one.</returns>
    public bool Subscribe(MqttSubscription subscription)
    {
        _subscriptions ??= new Dictionary<byte[], MqttSubscription>(Utf8Comparer.Instance);
        var isNew = !_subscriptions.Remove(subscription.TopicFilter, out var old);
        _subscriptions.Add(subscription.TopicFilter, subscription);
        // The new one first: nothing that is published meanwhile is lost.
        Client!.Namespace.Add(subscription);
        Stored?.Subscriptions.Add(subscription);
        if (!isNew)
        {
            Client.Namespace.Remove(old!);
            Stored?.Subscriptions.Remove(old!);
        }
        return isNew;
    }

    public bool HasSubscription(ReadOnlySpan<byte> topicFilter) =>
        _subscriptions is { } present && present.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(topicFilter);

    /// <summary>The subscription of this number of the client's session. The session's thread only.</summary>
    public MqttSubscription? FindSubscription(int storedId) => _subscriptions?.Values.FirstOrDefault(subscription => subscription.StoredId == storedId);

    /// <summary>The session's thread only.</summary>
    /// <returns>False where there is none with this filter.</returns>
    public bool Unsubscribe(ReadOnlySpan<byte> topicFilter)
    {
        if (_subscriptions is not { } present || !present.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(topicFilter, out _, out var subscription))
            return false;
        Client!.Namespace.Remove(subscription);
        Stored?.Subscriptions.Remove(subscription);
        return true;
    }

    /// <summary>The client is gone: so is its interest. The session's thread only.</summary>
    public void EndSubscriptions()
    {
        if (_subscriptions is null)
            return;
        foreach (var subscription in _subscriptions.Values)
            Client!.Namespace.Remove(subscription);
        _subscriptions = null;
    }

    /// <summary>Answers a packet; flushed with all other answers when the read ends. The session's thread only.</summary>
    public void Answer(ReadOnlySpan<byte> packet)
    {
        Outbound.Write(packet);
        HasAnswers = true;
    }

    /// <summary>Says why, where the protocol has words for it, and ends the connection. The first reason stays. Any thread.</summary>
    public void Close(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _closeReason, reason, null) is not null)
            return;
        if (reason.Code != ReasonCode.Success && Version == MqttVersion.V5)
        {
            var packet = new System.Buffers.ArrayBufferWriter<byte>(8);
            ReasonPacket.Write(packet, PacketType.Disconnect, MqttVersion.V5, reason.Code, reason.Properties.Span);
            Outbound.Write(packet.WrittenSpan);
        }
        Outbound.Flush();
        Outbound.Close();
        Session?.EndReading();
    }
}
