using System.Net;
using System.Reflection;
using System.Text;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Frames;
using RobustMQ.Amqp.Protocol.Methods;
using RobustMQ.Amqp.Protocol.Tables;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>A connection up to the moment when it is open: versions, login, limits, vhost. The session's thread only.</summary>
internal sealed class Handshake(AmqpGatewayState gateway, AmqpConnection connection)
{
    private const string Mechanisms = "PLAIN AMQPLAIN";

    private static readonly byte[] ServerProperties = DescribeServer();

    private Stage _stage = Stage.Header;

    private enum Stage
    {
        Header,
        Started,
        Tuned,
        Limited,
        Open,
    }

    public bool ExpectsHeader => _stage == Stage.Header;

    /// <returns>Bytes of the protocol header; 0 while it is not whole; -1 where it is another one, which was answered.</returns>
    public int RunHeader(ReadOnlySpan<byte> input)
    {
        switch (ProtocolHeader.Check(input))
        {
            case ProtocolHeaderStatus.Short:
                return 0;
            case ProtocolHeaderStatus.Other:
                connection.Outbound.WriteBytes(ProtocolHeader.Bytes);
                return -1;
        }
        _stage = Stage.Started;
        var mechanisms = connection.ClientCertificate is null ? Mechanisms : Mechanisms + " EXTERNAL";
        connection.Outbound.WriteMethod(0, new ConnectionStart
        {
            VersionMajor = 0,
            VersionMinor = 9,
            ServerProperties = ServerProperties,
            Mechanisms = Encoding.ASCII.GetBytes(mechanisms),
            Locales = "en_US"u8,
        });
        return ProtocolHeader.Size;
    }

    public Task Run(in MethodFrame method) => (method.Id, _stage) switch
    {
        (MethodId.ConnectionStartOk, Stage.Started) => Login(method.Arguments),
        (MethodId.ConnectionTuneOk, Stage.Tuned) => Tune(method.Arguments),
        (MethodId.ConnectionOpen, Stage.Limited) => Open(method.Arguments),
        (_, Stage.Open) => throw new AmqpException(ReplyCode.ChannelError, "unexpected method in connection state running"),
        _ => throw new AmqpException(ReplyCode.CommandInvalid, $"{MethodNames.Of(method.Id) ?? "an unknown method"} is not expected now"),
    };

    /// <summary>A new password for the user, before the old one ends.</summary>
    public Task UpdateSecretAsync(ReadOnlySpan<byte> arguments)
    {
        if (!ConnectionUpdateSecret.TryRead(arguments, out var method))
            throw Malformed(MethodId.ConnectionUpdateSecret);
        return CheckAsync(Encoding.UTF8.GetString(method.NewSecret));

        async Task CheckAsync(string secret)
        {
            var result = await AuthenticateAsync(new Credentials { User = connection.UserName, Password = secret }).ConfigureAwait(false);
            if (result.Identity is null || result.Identity.Name != connection.Identity!.Name)
                throw new AmqpException(ReplyCode.NotAllowed, "the new secret was refused");
            connection.Outbound.WriteMethod(0, default(ConnectionUpdateSecretOk));
        }
    }

    /// <summary>An error before the connection is open.</summary>
    /// <returns>True: the connection just ends. False: the client is told.</returns>
    public bool Fail(AmqpException error)
    {
        if (_stage is Stage.Header)
            return true;
        // RabbitMQ tells only those who say that they would listen, and closes the socket on the others.
        return _stage == Stage.Started && error.Code == ReplyCode.AccessRefused && !connection.Capabilities.AuthenticationFailureClose;
    }

    private Task Login(ReadOnlySpan<byte> arguments)
    {
        if (!ConnectionStartOk.TryRead(arguments, out var method) || FieldRules.CheckTable(method.ClientProperties) != FieldStatus.Valid)
            throw Malformed(MethodId.ConnectionStartOk);
        connection.Capabilities = ClientCapabilities.Read(method.ClientProperties);
        var mechanism = Encoding.UTF8.GetString(method.Mechanism);
        var credentials = ReadCredentials(mechanism, method.Response);
        connection.UserName = credentials.User ?? string.Empty;
        return LoginAsync(mechanism, credentials);
    }

    private Credentials ReadCredentials(string mechanism, ReadOnlySpan<byte> response) => mechanism switch
    {
        "PLAIN" => SaslResponses.ReadPlain(response),
        "AMQPLAIN" => SaslResponses.ReadAmqPlain(response),
        "EXTERNAL" when connection.ClientCertificate is not null => default,
        _ => throw new AmqpException(ReplyCode.NotAllowed, $"unsupported authentication mechanism '{mechanism}'"),
    };

    private async Task LoginAsync(string mechanism, Credentials credentials)
    {
        await WhenUsersAreKnownAsync().ConfigureAwait(false);
        var result = await AuthenticateAsync(credentials).ConfigureAwait(false);
        if (result.Identity is not { } identity)
        {
            gateway.Connections.CountRefusedLogin();
            throw AmqpException.Refused(
                $"Login was refused using authentication mechanism {mechanism}. For details see the broker logfile.");
        }
        connection.Identity = identity;
        if (mechanism == "EXTERNAL")
            connection.UserName = identity.Name;
        _stage = Stage.Tuned;
        connection.Outbound.WriteMethod(0, new ConnectionTune
        {
            ChannelMax = (ushort)gateway.Options.ChannelsMax,
            FrameMax = (uint)gateway.Options.FrameBytesMax,
            Heartbeat = (ushort)gateway.Options.HeartbeatSeconds,
        });
    }

    /// <exception cref="AmqpException">The connection is to end before.</exception>
    private async ValueTask WhenUsersAreKnownAsync()
    {
        var known = gateway.Users.WaitUntilKnownAsync();
        if (known.IsCompletedSuccessfully)
            return;
        var waiting = known.AsTask();
        if (await Task.WhenAny(waiting, connection.Ending).ConfigureAwait(false) != waiting)
            throw new AmqpException(ReplyCode.ConnectionForced, "the connection was not opened in time");
    }

    private async ValueTask<AuthenticationResult> AuthenticateAsync(Credentials credentials) => await gateway.Users.AuthenticateAsync(
        credentials with { Certificate = connection.ClientCertificate, Address = (connection.RemoteEndPoint as IPEndPoint)?.Address }).ConfigureAwait(false);

    private Task Tune(ReadOnlySpan<byte> arguments)
    {
        if (!ConnectionTuneOk.TryRead(arguments, out var method))
            throw Malformed(MethodId.ConnectionTuneOk);
        var (frameMax, channelMax) = (gateway.Options.FrameBytesMax, gateway.Options.ChannelsMax);
        if (method.FrameMax > (uint)frameMax || (method.FrameMax is > 0 and < AmqpFrame.SizeMin))
            throw new AmqpException(ReplyCode.NotAllowed, $"negotiated frame_max = {method.FrameMax} is outside of {AmqpFrame.SizeMin} to {frameMax}");
        if (method.ChannelMax > channelMax)
            throw new AmqpException(ReplyCode.NotAllowed, $"negotiated channel_max = {method.ChannelMax} is higher than the maximum allowed value ({channelMax})");
        connection.Outbound.FrameMax = method.FrameMax == 0 ? frameMax : (int)method.FrameMax;
        connection.ChannelMax = method.ChannelMax == 0 ? channelMax : method.ChannelMax;
        connection.Heartbeat = TimeSpan.FromSeconds(method.Heartbeat);
        _stage = Stage.Limited;
        return Task.CompletedTask;
    }

    private Task Open(ReadOnlySpan<byte> arguments)
    {
        if (!ConnectionOpen.TryRead(arguments, out var method))
            throw Malformed(MethodId.ConnectionOpen);
        var name = Encoding.UTF8.GetString(method.VirtualHost);
        var ns = VhostRegistry.NamespaceOf(name, connection.Identity!.Namespace)
            ?? throw new AmqpException(ReplyCode.NotAllowed, $"access to vhost '{name}' refused for user '{connection.UserName}'");
        return OpenAsync(ns);
    }

    private async Task OpenAsync(Namespace ns)
    {
        if (gateway.Connections.Sockets > gateway.Options.ConnectionsMax)
            throw new AmqpException(ReplyCode.NotAllowed, $"connection limit ({gateway.Options.ConnectionsMax}) is reached");
        connection.Vhost = await gateway.Vhosts.FindAsync(ns, CancellationToken.None).ConfigureAwait(false)
            ?? throw new AmqpException(ReplyCode.InternalError, "the storage-node does not answer");
        _stage = Stage.Open;
        connection.Outbound.WriteMethod(0, default(ConnectionOpenOk));
        // The user may have changed since it was looked up; it is followed from now on.
        Interlocked.MemoryBarrier();
        connection.Follow(gateway.Users);
    }

    private static AmqpException Malformed(MethodId method) => new(ReplyCode.FrameError, $"cannot decode the arguments of {MethodNames.Of(method)}");

    private static byte[] DescribeServer()
    {
        var capabilities = new FieldWriter().Add("publisher_confirms", true).Add("exchange_exchange_bindings", true).Add("basic.nack", true).Add("connection.blocked", true)
            .Add("consumer_cancel_notify", true).Add("consumer_priorities", true).Add("authentication_failure_close", true).Add("per_consumer_qos", true)
            .Add("direct_reply_to", true);
        return new FieldWriter().AddTable("capabilities", capabilities).Add("product", "RobustMQ")
            .Add("version", Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0")
            .Add("platform", $".NET {Environment.Version}").ToArray();
    }
}
