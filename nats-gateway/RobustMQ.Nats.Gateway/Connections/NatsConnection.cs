using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Nats.Gateway.Authentication;
using RobustMQ.Nats.Gateway.Delivery;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>
/// One client's socket as the rest of the gateway sees it: who it is, what it subscribed to, how to write to it. The session that reads the socket owns it.
/// </summary>
internal sealed class NatsConnection
{
    private readonly Lock _subscriptionsLock = new();
    private readonly Dictionary<byte[], NatsSubscription> _subscriptions = new(Utf8Comparer.Instance);
    private CloseReason? _closeReason;
    private ClientIdentity? _identity;
    private bool _isGreeted;

    public NatsConnection(ulong id, Outbound outbound, EndPoint? remoteEndPoint, DateTimeOffset startedAt)
    {
        Id = id;
        Outbound = outbound;
        RemoteEndPoint = remoteEndPoint;
        StartedAt = startedAt;
        LastActivityAt = startedAt;
        outbound.SlowConsumerDetected = () => Close(CloseReason.SlowConsumerPendingBytes);
    }

    public ulong Id { get; }

    public Outbound Outbound { get; }

    public EndPoint? RemoteEndPoint { get; }

    public DateTimeOffset StartedAt { get; }

    /// <summary>Last time the client sent anything, to the second.</summary>
    public DateTimeOffset LastActivityAt { get; set; }

    /// <summary>What the client asked for in CONNECT; the defaults until then.</summary>
    public ClientOptions Options { get; set; } = ClientOptions.Default;

    /// <summary>Null until the client is let in.</summary>
    public ClientIdentity? Identity => Volatile.Read(ref _identity);

    public bool IsWebSocket { get; init; }

    public bool IsTls { get; set; }

    /// <summary>Null where the client showed none.</summary>
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>What the client may sign to log in; null where nobody can.</summary>
    public byte[]? Nonce { get; init; }

    /// <summary>Its first PING is answered. A client that is still connecting takes nothing but that PONG, least of all a PING.</summary>
    public bool IsGreeted
    {
        get => Volatile.Read(ref _isGreeted);
        set => Volatile.Write(ref _isGreeted, value);
    }

    /// <summary>Pings sent and not answered.</summary>
    public int PingsOut { get; set; }

    public DateTimeOffset LastPingAt { get; set; }

    /// <summary>From the first PING to its PONG.</summary>
    public TimeSpan RoundTrip { get; set; }

    /// <summary>Written by the session's thread only.</summary>
    public ConnectionCounters Received { get; } = new();

    /// <summary>Ends the session's read loop; set by the session.</summary>
    public Action? CloseRequested { get; set; }

    /// <summary>Null while the connection is open.</summary>
    public CloseReason? CloseReason => _closeReason;

    public int SubscriptionCount
    {
        get
        {
            lock (_subscriptionsLock)
                return _subscriptions.Count;
        }
    }

    public bool TracksReplies => Identity?.Replies is not null;

    public bool MayReceive(ReadOnlySpan<byte> subject) => Identity is null || Identity.MayReceive(subject);

    /// <summary>A client that may answer requests has been given these.</summary>
    public void NoteReplies(in PublishRun run, int count)
    {
        foreach (ref readonly var message in run.Messages[..count])
        {
            if (message.ReplyLength > 0)
                Identity!.Replies!.Allow(run.Source.Slice(message.ReplyStart, message.ReplyLength));
        }
    }

    /// <summary>Makes the client somebody, in an account that has room for it. The session's thread only.</summary>
    /// <returns>False where the account has as many connections as it may.</returns>
    public bool TryEnter(ClientIdentity identity)
    {
        if (!identity.Account.TryEnter(identity.ConnectionsMax ?? int.MaxValue))
            return false;
        Interlocked.Exchange(ref _identity, identity);
        return true;
    }

    /// <summary>
    /// Who may do other things than before goes on, without the subscriptions that it may not have any more; who is nobody any more is closed: what nats-server does when its users change. Any thread.
    /// </summary>
    public void Renew(IAuthenticator authenticator)
    {
        while (Identity is { } identity)
        {
            var renewed = authenticator.Renew(identity);
            if (ReferenceEquals(renewed, identity))
                return;
            if (renewed is null)
            {
                Close(CloseReason.AuthenticationRevoked);
                return;
            }
            if (Interlocked.CompareExchange(ref _identity, renewed, identity) != identity)
                continue;
            foreach (var subscription in Subscriptions())
                Judge(subscription, renewed);
            Outbound.Flush();
        }
    }

    /// <summary>Ends a subscription that an identity may not have.</summary>
    public void Judge(NatsSubscription subscription, ClientIdentity identity)
    {
        ReadOnlySpan<byte> queue = subscription.Queue is { } name ? Encoding.UTF8.GetBytes(name) : default;
        var decision = identity.Permissions?.CanSubscribe(subscription.Subject, queue) ?? SubscribeDecision.Allowed;
        subscription.ChecksDeliveries = decision == SubscribeDecision.AllowedWithDeliveryFilter;
        if (decision != SubscribeDecision.Denied)
            return;
        EndSubscription(subscription);
        Outbound.Write(NatsErrors.SubscriptionRevoked(subscription.Subject, queue, subscription.Sid));
    }

    /// <summary>Ends what the client did as the one it was. The session's thread only.</summary>
    public void LeaveAccount()
    {
        if (Identity is not { } identity)
            return;
        foreach (var subscription in Subscriptions())
            EndSubscription(subscription);
        identity.Account.Leave();
        Interlocked.Exchange(ref _identity, null);
    }

    public void AddSubscription(NatsSubscription subscription)
    {
        lock (_subscriptionsLock)
            _subscriptions.Add(subscription.Sid, subscription);
    }

    public bool TryGetSubscription(ReadOnlySpan<byte> sid, [NotNullWhen(true)] out NatsSubscription? subscription)
    {
        lock (_subscriptionsLock)
            return _subscriptions.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(sid, out subscription);
    }

    /// <summary>Takes a subscription out of the connection and of its account's interest.</summary>
    public void EndSubscription(NatsSubscription subscription)
    {
        lock (_subscriptionsLock)
        {
            // Its name may be another one's by now.
            if (_subscriptions.TryGetValue(subscription.Sid, out var present) && ReferenceEquals(present, subscription))
                _subscriptions.Remove(subscription.Sid);
        }
        // Who has left its account has taken all of them out.
        Identity?.Account.Remove(subscription);
    }

    public IReadOnlyList<NatsSubscription> Subscriptions()
    {
        lock (_subscriptionsLock)
            return [.. _subscriptions.Values];
    }

    /// <summary>First plain subscription of this connection whose filter matches; for answers that only the publisher itself gets.</summary>
    public NatsSubscription? FindSubscriptionFor(ReadOnlySpan<byte> subject)
    {
        lock (_subscriptionsLock)
        {
            foreach (var subscription in _subscriptions.Values)
            {
                if (subscription.Queue is null && Records.SubjectRules.Matches(subscription.Subject, subject))
                    return subscription;
            }
        }
        return null;
    }

    /// <summary>Something was answered within the present read and waits for its end to be flushed. The session's thread only.</summary>
    public bool HasAnswers { get; set; }

    /// <summary>Answers a command; flushed with all other answers when the read ends. The session's thread only.</summary>
    public void Answer(ReadOnlySpan<byte> line)
    {
        Outbound.Write(line);
        HasAnswers = true;
    }

    /// <summary>Says why, where the protocol has words for it, and ends the connection. The first reason stays. Any thread.</summary>
    public void Close(CloseReason reason)
    {
        if (Interlocked.CompareExchange(ref _closeReason, reason, null) is not null)
            return;
        if (!reason.ErrorText.IsEmpty)
            Outbound.Write(reason.ErrorText.Span);
        Outbound.Flush();
        Outbound.Close();
        CloseRequested?.Invoke();
    }
}
