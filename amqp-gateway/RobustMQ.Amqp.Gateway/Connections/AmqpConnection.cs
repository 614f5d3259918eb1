using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.GatewayKit.Identity;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>One client's socket as the rest of the gateway sees it: who it is, how to write to it, which channels and exclusive queues it has. The session that reads the socket owns it.</summary>
internal sealed class AmqpConnection(ulong id, string owner, Outbound outbound, EndPoint? remoteEndPoint, TimeProvider time)
{
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastReceived = time.GetTimestamp();
    private UserIdentity? _identity;

    public ulong Id { get; } = id;

    /// <summary>How exclusive queues name it: <c>gateway/connection</c>.</summary>
    public string Owner { get; } = owner;

    public Outbound Outbound { get; } = outbound;

    public EndPoint? RemoteEndPoint { get; } = remoteEndPoint;

    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>For faults of the gateway in what it does for this client.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    public long StartedAt { get; } = time.GetTimestamp();

    /// <summary>Null until the client is let in.</summary>
    public UserIdentity? Identity
    {
        get => Volatile.Read(ref _identity);
        set => Volatile.Write(ref _identity, value);
    }

    /// <summary>As the client gave it: what a message's user-id is held to.</summary>
    public string UserName { get; set; } = string.Empty;

    /// <summary>Null until the connection is open.</summary>
    public Vhost? Vhost { get; set; }

    public ClientCapabilities Capabilities { get; set; }

    public int ChannelMax { get; set; }

    /// <summary>Zero: none.</summary>
    public TimeSpan Heartbeat { get; set; }

    /// <summary>When it was told to close; 0: it was not.</summary>
    public long ClosingAt { get; set; }

    /// <summary>
    /// It is not read, since the storage-node or the client itself is behind: its silence says nothing, as its signs of life are not read either. Those of the gateway go on, and fail where nobody is.
    /// </summary>
    public bool IsHeldBack { get; set; }

    /// <summary>Completes when the client has gone or is to be closed: it is held back no longer.</summary>
    public Task Ending => _ending.Task;

    /// <summary>Names of queues that go with it. The session's thread only.</summary>
    public HashSet<string> ExclusiveQueues { get; } = [];

    /// <summary>Written by the session's thread only.</summary>
    public long MessagesIn { get; set; }

    public long BytesIn { get; set; }

    /// <summary>The session's thread adds and removes.</summary>
    public ConcurrentDictionary<ushort, AmqpChannel> Channels { get; } = new();

    public int ConsumerCount => Channels.Sum(static channel => channel.Value.ConsumerCount);

    /// <summary>Ends the session's read loop with an error to the client; set by the session.</summary>
    public Action<AmqpException>? CloseRequested { get; set; }

    /// <summary>Since the client sent anything.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _lastReceived));

    public TimeSpan Age => time.GetElapsedTime(StartedAt);

    /// <summary>
    /// Looks at what the user of an open connection may do by now. Where that is more it goes on; where it is less it ends, so that its consumers and what only it has go with it. Any thread.
    /// </summary>
    public void Follow(IdentityProvider users)
    {
        while (Vhost is not null && ClosingAt == 0 && Identity is { } identity)
        {
            switch (OpenSessions.Judge(users, identity, out var current))
            {
                case SessionStanding.Unchanged:
                    return;
                case SessionStanding.MayDoMore:
                    Interlocked.CompareExchange(ref _identity, current, identity);
                    break;
                case SessionStanding.IsGone:
                    CloseRequested?.Invoke(new AmqpException(ReplyCode.ConnectionForced, $"user '{identity.Name}' was deleted"));
                    return;
                default:
                    CloseRequested?.Invoke(new AmqpException(ReplyCode.ConnectionForced, $"user '{identity.Name}' was changed"));
                    return;
            }
        }
    }

    public void BeginEnding() => _ending.TrySetResult();

    public void Received() => Volatile.Write(ref _lastReceived, time.GetTimestamp());
}
