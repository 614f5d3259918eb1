using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Mqtt.Gateway;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Retained;
using RobustMQ.Mqtt.Gateway.Stored;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Nats.Gateway.Tests;

namespace RobustMQ.Fuzz.Mqtt;

/// <summary>A gateway's real session between two pipes on one thread: what is written has been worked on when the write returns.</summary>
internal sealed class FuzzedSession : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private static readonly MqttOptions Options = MqttOptions.Read(new SettingsReader(new SettingsSources().AddFlags(
        ["--mqtt:max_packet_size", "2000", "--mqtt:receive_maximum", "4", "--mqtt:max_queued_messages", "10", "--mqtt:max_subscriptions", "8"])));

    private static readonly IdentityProvider Users = new(
        AuthOptions.Read(new SettingsReader(new SettingsSources())), TimeProvider.System, NullLogger<IdentityProvider>.Instance);

    private readonly CancellationTokenSource _stop = new();
    private readonly Pipe _input = new(Inline);
    private readonly Pipe _output = new(Inline);
    private readonly MqttConnection _connection;
    private readonly Task _run;

    public FuzzedSession()
    {
        var storage = new FakeStorageClient { IsGenerous = true, Consumers = new WillingConsumers() };
        var topics = new TopicMap(storage.Topics, NullLogger<TopicMap>.Instance);
        _ = topics.WatchAsync(_stop.Token);
        var counters = new LiveCounters();
        var namespaces = new NamespaceRegistry(new LocalInterest());
        var mapping = new TopicMapping(Options.Dots);
        var store = new SessionStore(storage.Logs, storage.Topics, TimeProvider.System);
        var view = new SessionView(store, namespaces, mapping, TimeProvider.System, NullLogger<SessionView>.Instance);
        // Nobody is let in before it is known what stored sessions want.
        _ = view.RunAsync(_stop.Token);
        var gateway = new MqttGatewayState(Options, storage, TimeProvider.System)
        {
            Users = Users,
            Namespaces = namespaces,
            Mapping = mapping,
            Sessions = new StoredSessions(storage.Consumers, store, view, Options, TimeProvider.System),
            Topics = topics,
            LiveCounters = counters,
            Retained = new RetainedStore(storage.Logs, storage.Topics, counters, NullLogger<RetainedStore>.Instance),
            ClientIds = new ClientIds(storage.Node, "fuzz", TimeProvider.System, NullLogger<ClientIds>.Instance),
        };
        _connection = new MqttConnection(1, new Outbound(_output.Writer, gateway.OutboundLimits), null, gateway.Now);
        _run = new MqttSession(gateway, _connection, new ClientTransport(new Transport(_input.Reader, _output.Writer), Context: null)).RunAsync();
    }

    private static PipeOptions Inline => new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, minimumSegmentSize: 16, useSynchronizationContext: false);

    /// <summary>Feeds input in pieces and returns what the client saw, and why it was closed.</summary>
    public static async Task<(byte[] Output, string Reason)> RunAsync(byte[] input, int[] cuts)
    {
        using var session = new FuzzedSession();
        var at = 0;
        foreach (var cut in cuts.Append(input.Length))
        {
            await session.FeedAsync(input.AsMemory(at..cut));
            at = cut;
        }
        return await session.FinishAsync();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task FeedAsync(ReadOnlyMemory<byte> piece)
    {
        if (_run.IsCompleted)
            return;
        var flush = _input.Writer.WriteAsync(piece).AsTask();
        await Task.WhenAny(flush, _run).WaitAsync(Deadline);
    }

    private async Task<(byte[] Output, string Reason)> FinishAsync()
    {
        await _input.Writer.CompleteAsync();
        await _run.WaitAsync(Deadline);
        var read = await _output.Reader.ReadAtLeastAsync(int.MaxValue);
        return (System.Buffers.BuffersExtensions.ToArray(read.Buffer), _connection.CloseReason!.Name);
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
