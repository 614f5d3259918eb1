using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>CONNECT: who the client is, and how it wants to be served (5.0 section 3.1).</summary>
internal sealed class ConnectHandler(MqttGatewayState gateway, MqttSession session)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private byte[]? _answer;
    private UserIdentity _user = UserIdentity.Anybody;
    private long _epoch;

    public void Run(ReadOnlySpan<byte> body)
    {
        var reason = ConnectPacket.TryRead(body, out var packet);
        if (reason != ReasonCode.Success)
        {
            Refuse(packet.Version, reason);
            return;
        }
        if (packet.HasWill && !MqttTopics.IsName(packet.WillTopic, gateway.Options.TopicLevelsMax))
        {
            Refuse(packet.Version, ReasonCode.TopicNameInvalid);
            return;
        }
        session.PauseFor(AdmitAsync(ConnectRequest.From(packet)));
    }

    private async Task AdmitAsync(ConnectRequest request)
    {
        if (FindObstacle(request) is { } obstacle)
        {
            Refuse(request.Version, obstacle);
            return;
        }
        if (!await AreUsersKnownAsync().ConfigureAwait(false))
        {
            Refuse(request.Version, ReasonCode.ServerUnavailable);
            return;
        }
        if (request.AuthenticationMethod is not null)
        {
            if (gateway.Users.BeginScram(ScramMechanism.Sha256, (session.Connection.RemoteEndPoint as IPEndPoint)?.Address) is not { } exchange)
                Refuse(request.Version, ReasonCode.ServerBusy);
            else if (!AuthHandler.TryAnswer(session, new Authentication(exchange, request), request.AuthenticationData))
                Refuse(request.Version, ReasonCode.NotAuthorized);
            return;
        }
        var login = await AuthenticateAsync(request).ConfigureAwait(false);
        if (login.Identity is not { } identity)
        {
            gateway.Connections.CountRefusedLogin();
            Refuse(request.Version, login.Status == AuthenticationStatus.Throttled ? ReasonCode.ServerBusy
                : request.UserName is null && request.Password is null ? ReasonCode.NotAuthorized : ReasonCode.BadUserNameOrPassword);
            return;
        }
        await AdmitAsync(request, identity, answer: null).ConfigureAwait(false);
    }

    /// <summary>As for what else is at the storage-node, a client is held for a while.</summary>
    private async ValueTask<bool> AreUsersKnownAsync()
    {
        var known = gateway.Users.WaitUntilKnownAsync();
        if (known.IsCompletedSuccessfully)
            return true;
        try
        {
            await known.AsTask().WaitAsync(gateway.Options.StoragePatience, gateway.Time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Enhanced authentication has failed.</summary>
    public void RefuseAuthentication(Authentication authentication)
    {
        gateway.Connections.CountRefusedLogin();
        if (authentication.Connect is { } request)
            Refuse(request.Version, ReasonCode.NotAuthorized);
        else
            session.Connection.Close(CloseReason.Wrong(ReasonCode.NotAuthorized));
    }

    /// <summary>Lets a client in that is known by now.</summary>
    /// <param name="answer">The last message of enhanced authentication; null: there was none.</param>
    public async Task AdmitAsync(ConnectRequest request, UserIdentity user, byte[]? answer)
    {
        _answer = answer;
        var isNamed = request.ClientId.Length > 0;
        var clientId = isNamed ? request.ClientId : "auto-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        if (isNamed && !gateway.Flapping.TryConnect(user.Namespace, clientId))
        {
            Refuse(request.Version, ReasonCode.Banned);
            return;
        }
        if (MqttClient.IdentityOf(user, clientId) is not { } identity)
        {
            Refuse(request.Version, ReasonCode.ClientIdentifierNotValid);
            return;
        }
        if (request.Will is { } will && !MayPublish(identity, will.Topic))
        {
            Refuse(request.Version, ReasonCode.NotAuthorized);
            return;
        }
        _user = user;
        var expiry = Math.Min(request.SessionExpiry, gateway.Options.SessionExpiryMax);
        var opening = await OpenPatientlyAsync(request, clientId, identity, expiry, isNamed || expiry > 0).ConfigureAwait(false);
        if (opening.Error == ErrorCode.None && opening is { Head: { } head, Saved: { } saved })
            await AcceptAsync(request, clientId, identity, expiry, new StoredSession(gateway, session.Connection, head, saved, opening.IsPresent), opening.Consumer!).ConfigureAwait(false);
        else if (opening.Error == ErrorCode.None)
            await AcceptAsync(request, clientId, identity, expiry).ConfigureAwait(false);
        else
            Refuse(request.Version, opening.Error == ErrorCode.LimitExceeded ? ReasonCode.QuotaExceeded : ReasonCode.ServerUnavailable);
    }

    /// <summary>
    /// While the storage-node cannot be reached a client is held for a while instead of sent away: it is started beside its gateways, and most often back before that is over. Nobody is
    /// let in before it is known what sessions want.
    /// </summary>
    private async ValueTask<SessionOpening> OpenPatientlyAsync(ConnectRequest request, string clientId, UserIdentity identity, uint expiry, bool hasName)
    {
        var began = gateway.Time.GetTimestamp();
        var patience = gateway.Options.StoragePatience;
        while (true)
        {
            if (!await gateway.Sessions.View.WhenFollowingAsync(patience - gateway.Time.GetElapsedTime(began)).ConfigureAwait(false))
                return new SessionOpening(ErrorCode.Unavailable);
            var opening = hasName ? await OpenAsync(request, clientId, identity, expiry).ConfigureAwait(false) : new SessionOpening(ErrorCode.None);
            var isAway = opening.Error is ErrorCode.Unavailable or ErrorCode.TimedOut or ErrorCode.NotLeader;
            if (!isAway || session.Connection.CloseReason is not null || gateway.Time.GetElapsedTime(began) + RetryAfter > patience)
                return opening;
            await Task.Delay(RetryAfter, gateway.Time).ConfigureAwait(false);
        }
    }

    /// <summary>The client identifier becomes this connection's, and the session of that name.</summary>
    private async ValueTask<SessionOpening> OpenAsync(ConnectRequest request, string clientId, UserIdentity identity, uint expiry)
    {
        if (_epoch == 0)
            _epoch = await gateway.ClientIds.ClaimAsync(identity.Namespace, clientId, session.Connection, CancellationToken.None).ConfigureAwait(false);
        if (_epoch == 0)
            return new SessionOpening(ErrorCode.Unavailable);
        session.ClaimedClientId = (identity.Namespace, clientId);
        var opening = await gateway.Sessions.OpenAsync(SessionName.Of(identity.Namespace, clientId), _epoch, request.CleanStart, expiry).ConfigureAwait(false);
        if (opening.OrphanedWill is { } orphan)
            await new WillPublisher(gateway).PublishAsync(identity.Namespace, clientId, orphan.User, orphan.Will).ConfigureAwait(false);
        return opening;
    }

    /// <summary>A session is taken up: its subscriptions are in force before the client hears of it, and what waits comes after.</summary>
    private async ValueTask AcceptAsync(ConnectRequest request, string clientId, UserIdentity identity, uint expiry, StoredSession stored, ConsumerState consumer)
    {
        if (await stored.Filters.TakeAsync(consumer).ConfigureAwait(false) != ErrorCode.None)
        {
            Refuse(request.Version, ReasonCode.ServerUnavailable);
            return;
        }
        Enter(request, clientId, identity, expiry, stored);
        var factory = new SubscriptionFactory(gateway);
        var lost = new List<byte[]>();
        foreach (var saved in stored.Saved.Subscriptions)
        {
            // What the user may not have any more is forgotten.
            if (factory.TryCreate(session.Connection, saved.TopicFilter, saved.Options, saved.Identifier, saved.Id, out var subscription) == ReasonCode.Success
                && (!subscription!.IsExclusive || await gateway.Exclusive.ClaimAsync(identity.Namespace, subscription).ConfigureAwait(false) == ErrorCode.None))
                session.Connection.Subscribe(subscription!);
            else
                lost.Add(saved.TopicFilter);
        }
        if (lost.Count > 0)
            await stored.Filters.RemoveAsync(lost).ConfigureAwait(false);
        Answer(request, clientId, expiry, stored.IsPresent);
        if (stored.Saved.Retained is { } owed)
            session.Retained.Resume(owed);
        await new AutomaticSubscriptions(gateway, session).RunAsync().ConfigureAwait(false);
        stored.Start();
    }

    private ReasonCode? FindObstacle(ConnectRequest request)
    {
        if (gateway.Options.Redirect is { } redirect && (gateway.IsDraining || redirect.Mode != RedirectMode.Stopping))
            return redirect.Mode == RedirectMode.Permanent ? ReasonCode.ServerMoved : ReasonCode.UseAnotherServer;
        if (gateway.IsDraining)
            return ReasonCode.ServerUnavailable;
        if (gateway.Connections.Count > gateway.Options.ConnectionsMax)
            return ReasonCode.QuotaExceeded;
        if (request.AuthenticationMethod is { } method && (method != Authentication.Method || !gateway.Users.HasUsers))
            return ReasonCode.BadAuthenticationMethod;
        lock (gateway.ConnectRate)
        {
            if (!gateway.ConnectRate.TryTake())
                return ReasonCode.ConnectionRateExceeded;
        }
        // A client that wants its session back must have a name for it (3.1.1 section 3.1.3.1); 3.1 knows no empty one.
        var mayBeNameless = request.Version == MqttVersion.V5 || (request.Version == MqttVersion.V311 && request.CleanStart);
        return request.ClientId.Length == 0 && !mayBeNameless ? ReasonCode.ClientIdentifierNotValid : null;
    }

    private ValueTask<AuthenticationResult> AuthenticateAsync(ConnectRequest request) => gateway.Users.AuthenticateAsync(new Credentials
    {
        User = request.UserName,
        // 5.0 lets a password stand alone: a token (3.1.2.9).
        Password = request.UserName is null ? null : request.Password,
        Token = request.UserName is null ? request.Password : null,
        Certificate = session.Connection.ClientCertificate,
        Address = (session.Connection.RemoteEndPoint as IPEndPoint)?.Address,
    });

    private bool MayPublish(UserIdentity identity, byte[] topic)
    {
        if (topic.AsSpan().StartsWith("$SYS/"u8))
            return false;
        ReadOnlySpan<byte> name = topic;
        var subject = new byte[TopicMapping.SubjectBytesMax(topic.Length)];
        return DelayedTopic.TryTake(ref name, out _) && gateway.Mapping.TryToSubject(name, subject, out var written)
            && (identity.Permissions is null || identity.Permissions.CanPublish(subject.AsSpan(0, written)));
    }

    private async ValueTask AcceptAsync(ConnectRequest request, string clientId, UserIdentity identity, uint expiry)
    {
        Enter(request, clientId, identity, expiry, stored: null);
        Answer(request, clientId, expiry, isPresent: false);
        await new AutomaticSubscriptions(gateway, session).RunAsync().ConfigureAwait(false);
    }

    private int KeepAliveFor(ConnectRequest request)
    {
        var maximum = gateway.Options.KeepAliveMax;
        return maximum > 0 && request.Version == MqttVersion.V5 && (request.KeepAlive == 0 || request.KeepAlive > maximum) ? maximum : request.KeepAlive;
    }

    private void Enter(ConnectRequest request, string clientId, UserIdentity identity, uint expiry, StoredSession? stored)
    {
        var connection = session.Connection;
        var options = gateway.Options;
        connection.Outbound.Configure(
            request.Version, request.ReceiveMaximum, request.PacketBytesMax, Math.Min(request.TopicAliasMaximum, options.TopicAliasMaximum), stored is not null);
        // Clients before 5.0 cannot be told a maximum: they are read no further while too many answers wait.
        connection.Enter(
            new MqttClient
            {
                Version = request.Version,
                ClientId = clientId,
                KeepAlive = TimeSpan.FromSeconds(KeepAliveFor(request)),
                Namespace = gateway.Namespaces.Of(identity.Namespace),
                User = _user,
                Identity = identity,
                Will = request.Will,
                SessionExpiry = expiry,
                HasAuthenticated = request.AuthenticationMethod is not null,
            },
            request.Version == MqttVersion.V5 ? options.ReceiveMaximum : ushort.MaxValue,
            stored);
        gateway.Connections.CountEntered();
    }

    private void Answer(ConnectRequest request, string clientId, uint expiry, bool isPresent)
    {
        var connection = session.Connection;
        var packet = new ArrayBufferWriter<byte>(128);
        ConnAckPacket.Write(packet, request.Version, isPresent, ReasonCode.Success, PropertiesFor(request, clientId, KeepAliveFor(request), expiry));
        connection.Outbound.Write(packet.WrittenSpan);
        connection.Outbound.Flush();
        connection.Welcome(gateway.Users);
    }

    private ReadOnlySpan<byte> PropertiesFor(ConnectRequest request, string clientId, int keepAlive, uint expiry)
    {
        if (request.Version != MqttVersion.V5)
            return default;
        var options = gateway.Options;
        var properties = new PropertyBlockBuilder();
        // Whoever asked for more is told (3.2.2.3.2).
        if (request.SessionExpiry != expiry)
            properties.Add(PropertyId.SessionExpiryInterval, expiry);
        properties.Add(PropertyId.ReceiveMaximum, (uint)options.ReceiveMaximum).Add(PropertyId.MaximumPacketSize, (uint)options.PacketBytesMax);
        if (request.ClientId.Length == 0)
            properties.Add(PropertyId.AssignedClientIdentifier, Encoding.UTF8.GetBytes(clientId));
        if (options.TopicAliasMaximum > 0)
            properties.Add(PropertyId.TopicAliasMaximum, (uint)options.TopicAliasMaximum);
        if (keepAlive != request.KeepAlive)
            properties.Add(PropertyId.ServerKeepAlive, (uint)keepAlive);
        if (request.WantsResponseInformation && options.ResponseInformation is { } information)
            properties.Add(PropertyId.ResponseInformation, Encoding.UTF8.GetBytes(information));
        if (_answer is { } answer)
            properties.Add(PropertyId.AuthenticationMethod, Encoding.ASCII.GetBytes(Authentication.Method)).Add(PropertyId.AuthenticationData, answer);
        return properties.Encoded;
    }

    /// <summary>Says no, as far as the client's version has words for it.</summary>
    private void Refuse(MqttVersion version, ReasonCode reason)
    {
        var canTell = version switch
        {
            MqttVersion.V5 => true,
            // A level that is not spoken is answered in the words of 3.1.1, which every client knows.
            MqttVersion.None => reason == ReasonCode.UnsupportedProtocolVersion,
            // Return codes are for a CONNECT that is well-formed.
            _ => reason is not (ReasonCode.MalformedPacket or ReasonCode.ProtocolError or ReasonCode.TopicNameInvalid),
        };
        if (canTell)
        {
            var packet = new ArrayBufferWriter<byte>(16);
            var properties = reason is ReasonCode.UseAnotherServer or ReasonCode.ServerMoved ? ServerReference.Encode(gateway.Options.Redirect!.Server) : [];
            ConnAckPacket.Write(packet, version == MqttVersion.None ? MqttVersion.V311 : version, sessionPresent: false, reason, properties);
            session.Connection.Outbound.Write(packet.WrittenSpan);
        }
        session.Connection.Close(CloseReason.Refused);
    }
}
