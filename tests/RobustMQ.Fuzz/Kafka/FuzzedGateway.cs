using System.Buffers;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Kafka.Gateway;
using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Kafka.Gateway.Topics;
using RobustMQ.Storage;
using RobustMQ.Storage.Embedded;

namespace RobustMQ.Fuzz.Kafka;

/// <summary>A gateway's real sessions over a real storage-node, with pipes for sockets. What one session leaves behind the next one finds.</summary>
internal sealed class FuzzedGateway : ILogger, IAsyncDisposable
{
    /// <summary>A request that waits for something (a long poll, a rebalance) is let wait no longer than this.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly string _directory;
    private readonly NodeStorage _node;
    private readonly IdentityProvider _users;
    private readonly KafkaGatewayState _state;
    private readonly List<string> _faults = [];

    private FuzzedGateway(string directory, NodeStorage node)
    {
        (_directory, _node) = (directory, node);
        var settings = new SettingsReader(new SettingsSources().AddFlags(
            ["--kafka:engine", "memory", "--kafka:max_request", "1MiB", "--kafka:group:initial_delay", "0ms", "--kafka:group:min_session_timeout", "1ms"]));
        var options = KafkaOptions.Read(settings);
        _users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, NullLogger<IdentityProvider>.Instance);
        settings.ThrowIfWrong();
        var storage = new EmbeddedStorageClient(node);
        var topics = new TopicDirectory(storage, NullLogger<TopicDirectory>.Instance);
        var cluster = new ClusterMembership(storage.Node, options, TimeProvider.System, NullLogger<ClusterMembership>.Instance);
        _state = new KafkaGatewayState(options, storage, _users, topics, cluster, TimeProvider.System, NullLoggerFactory.Instance);
        _loops.Add(topics.WatchAsync(_stop.Token));
        _loops.Add(_state.Groups.RunAsync(_stop.Token));
        _loops.Add(_state.Transactions.RunAsync(_stop.Token));
        _loops.Add(cluster.RunAsync("127.0.0.1", 9092, _stop.Token));
        IsMember = () => cluster.IsMember;
    }

    private Func<bool> IsMember { get; }

    public static async Task<FuzzedGateway> StartAsync()
    {
        var directory = Directory.CreateTempSubdirectory("robustmq-fuzz-").FullName;
        var node = await NodeStorage.OpenAsync(new StorageOptions { DataDirectory = directory }, TimeProvider.System, NullLoggerFactory.Instance);
        var gateway = new FuzzedGateway(directory, node);
        await gateway._state.Topics.Ready.WaitAsync(Deadline);
        while (!gateway.IsMember())
            await Task.Yield();
        return gateway;
    }

    /// <summary>Feeds one connection in pieces and returns what the client saw.</summary>
    /// <exception cref="InvalidOperationException">A handler failed by a fault of its own.</exception>
    public async Task<byte[]> RunAsync(byte[] input, int[] cuts)
    {
        var (toGateway, toClient) = (new Pipe(Unbounded), new Pipe(Unbounded));
        using var closed = new CancellationTokenSource();
        var connection = new KafkaConnection(_state.Connections.NextId(), null, null) { Identity = _users.Anonymous };
        using var answers = new PipeAnswers(toClient.Writer, _state.Options.IdleTimeout, _state.Time);
        var run = new KafkaSession(_state, connection, toGateway.Reader, answers, this).RunAsync(closed.Token, CancellationToken.None);
        var at = 0;
        foreach (var cut in cuts.Append(input.Length))
        {
            await toGateway.Writer.WriteAsync(input.AsMemory(at..cut));
            at = cut;
        }
        await toGateway.Writer.CompleteAsync();
        await Task.WhenAny(run, Task.Delay(WaitMax));
        await closed.CancelAsync();
        await run.WaitAsync(Deadline);
        await toClient.Writer.CompleteAsync();
        lock (_faults)
        {
            if (_faults.Count > 0)
            {
                var fault = _faults[0];
                _faults.Clear();
                throw new InvalidOperationException(fault);
            }
        }
        return BuffersExtensions.ToArray((await toClient.Reader.ReadAtLeastAsync(int.MaxValue)).Buffer);
    }

    /// <summary>Bytes of requests that somebody still holds.</summary>
    public long UsedBytes => _state.Memory.UsedBytes;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        await _node.DisposeAsync();
        _users.Dispose();
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        lock (_faults)
            _faults.Add($"{formatter(state, exception)}: {exception}");
    }

    private static PipeOptions Unbounded => new(pauseWriterThreshold: 0, minimumSegmentSize: 64, useSynchronizationContext: false);
}
