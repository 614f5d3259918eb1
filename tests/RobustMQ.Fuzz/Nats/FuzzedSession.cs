using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Nats.Gateway;
using RobustMQ.Nats.Gateway.Authentication;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Gateway.Tests;

namespace RobustMQ.Fuzz.Nats;

/// <summary>A gateway's real session between two pipes on one thread: what is written has been worked on when the write returns.</summary>
internal sealed class FuzzedSession : IDisposable
{
    private const int ControlLineBytesMax = 64;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private static readonly NatsOptions Options = NatsOptions.Read(new SettingsReader(new SettingsSources().AddFlags(
        ["--nats:max_control_line", $"{ControlLineBytesMax}", "--nats:max_payload", "1000", "--nats:server_name", "fuzz"])));

    private static readonly IdentityProvider Users = new(
        AuthOptions.Read(new SettingsReader(new SettingsSources())), TimeProvider.System, NullLogger<IdentityProvider>.Instance);

    private readonly CancellationTokenSource _stop = new();
    private readonly Pipe _input;
    private readonly Pipe _output = new(Inline(0));
    private readonly NatsConnection _connection;
    private readonly NatsSession _session;
    private readonly Task _run;

    public FuzzedSession()
    {
        // A session that leaves more than one unfinished control line in the pipe is not let on: Feed fails.
        _input = new Pipe(Inline(ControlLineBytesMax + 32));
        var storage = new FakeStorageClient();
        var localInterest = new LocalInterest();
        var accounts = new AccountRegistry(localInterest);
        var topics = new TopicMap(storage.Topics, NullLogger<TopicMap>.Instance);
        _ = topics.WatchAsync(_stop.Token);
        var gateway = new NatsGatewayState(Options, storage, new UserAuthenticator(Users, accounts, TimeProvider.System), accounts, topics, TimeProvider.System);
        _connection = new NatsConnection(1, new Outbound(_output.Writer), null, gateway.Now);
        _session = new NatsSession(gateway, _connection, _input.Reader);
        _run = _session.RunAsync();
        Assert.NotNull(_connection.Identity);
    }

    /// <summary>Feeds input in pieces and returns what the client saw.</summary>
    public static async Task<SessionResult> RunAsync(byte[] input, int[] cuts)
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
        _session.Dispose();
        _stop.Dispose();
    }

    private async Task FeedAsync(ReadOnlyMemory<byte> piece)
    {
        if (_run.IsCompleted)
            return;
        var flush = _input.Writer.WriteAsync(piece).AsTask();
        await Task.WhenAny(flush, _run).WaitAsync(Deadline);
    }

    private async Task<SessionResult> FinishAsync()
    {
        await _input.Writer.CompleteAsync();
        await _run.WaitAsync(Deadline);
        await _output.Writer.CompleteAsync();
        var read = await _output.Reader.ReadAtLeastAsync(int.MaxValue);
        return SessionResult.From(Encoding.Latin1.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer)), _connection.CloseReason!);
    }

    /// <param name="pauseBytes">0: never.</param>
    private static PipeOptions Inline(int pauseBytes) => new(
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: pauseBytes,
        resumeWriterThreshold: pauseBytes,
        minimumSegmentSize: 16,
        useSynchronizationContext: false);
}
