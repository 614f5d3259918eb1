using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Nats.Gateway;
using RobustMQ.Nats.Gateway.Authentication;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Subscriptions;

namespace RobustMQ.Benchmarks.Nats;

/// <summary>A gateway's real sessions over pipes on one thread, without sockets; what is published is handed to a storage-node that takes everything at once.</summary>
internal sealed class BenchedGateway
{
    private readonly NatsGatewayState _state;

    public BenchedGateway()
    {
        var settings = new SettingsReader(new SettingsSources());
        var storage = new TakingStorage();
        var accounts = new AccountRegistry(new LocalInterest());
        var topics = new TopicMap(storage.Topics, NullLogger<TopicMap>.Instance);
        _ = topics.WatchAsync(CancellationToken.None);
        var users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, NullLogger<IdentityProvider>.Instance);
        _state = new NatsGatewayState(NatsOptions.Read(settings), storage, new UserAuthenticator(users, accounts, TimeProvider.System), accounts, topics, TimeProvider.System);
    }

    /// <summary>Opens a session and returns the client's end.</summary>
    public BenchedClient Connect()
    {
        var input = new Pipe(Inline);
        var output = new Pipe(Inline);
        var connection = new NatsConnection(_state.Connections.NextId(), new Outbound(output.Writer), null, _state.Now);
        var session = new NatsSession(_state, connection, input.Reader);
        connection.TryEnter(_state.Authenticator.CreateAnonymous()!);
        _ = session.RunAsync();
        return new BenchedClient(input.Writer, output.Reader);
    }

    private static PipeOptions Inline { get; } = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, minimumSegmentSize: 64 << 10, useSynchronizationContext: false);
}
