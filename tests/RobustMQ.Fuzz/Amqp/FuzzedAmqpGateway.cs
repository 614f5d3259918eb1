using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using RobustMQ.Amqp.Gateway;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Storage;
using RobustMQ.Storage.Embedded;

namespace RobustMQ.Fuzz.Amqp;

/// <summary>A gateway's real sessions between two pipes, over a storage-node in a directory of its own.</summary>
internal sealed class FuzzedAmqpGateway : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-fuzz-amqp-").FullName;
    private NodeStorage _node = null!;
    private IdentityProvider _users = null!;
    private VhostRegistry _vhosts = null!;
    private AmqpGatewayState _state = null!;

    public static async Task<FuzzedAmqpGateway> StartAsync()
    {
        var gateway = new FuzzedAmqpGateway();
        gateway._node = await NodeStorage.OpenAsync(new StorageOptions { DataDirectory = gateway._directory }, TimeProvider.System, NullLoggerFactory.Instance);
        var settings = new SettingsReader(new SettingsSources().AddFlags(["--amqp:max_message", "2000", "--amqp:max_frame", "8192", "--amqp:max_transaction", "4"]));
        var storage = new EmbeddedStorageClient(gateway._node);
        var users = gateway._users = new IdentityProvider(AuthOptions.Read(settings), TimeProvider.System, NullLogger<IdentityProvider>.Instance);
        gateway._vhosts = new VhostRegistry(storage, TimeProvider.System, NullLogger<VhostRegistry>.Instance);
        gateway._state = new AmqpGatewayState(AmqpOptions.Read(settings), storage, users, gateway._vhosts, new TopicMap(storage.Topics, NullLogger<TopicMap>.Instance), TimeProvider.System);
        return gateway;
    }

    /// <summary>Feeds input in pieces, ends it, and returns what the client saw.</summary>
    public async Task<byte[]> RunAsync(byte[] input, int[] cuts)
    {
        var fromClient = new Pipe(new PipeOptions(pauseWriterThreshold: 0, minimumSegmentSize: 64, useSynchronizationContext: false));
        var toClient = new Pipe(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
        var id = _state.Connections.NextId();
        var connection = new AmqpConnection(id, $"{_state.Id}/{id}", new Outbound(toClient.Writer, TimeProvider.System), null, TimeProvider.System);
        _state.Connections.Add(connection);
        using var session = new AmqpSession(_state, connection, fromClient.Reader);
        var run = session.RunAsync();
        var at = 0;
        foreach (var cut in cuts.Append(input.Length))
        {
            await fromClient.Writer.WriteAsync(input.AsMemory(at..cut));
            at = cut;
        }
        await fromClient.Writer.CompleteAsync();
        await run.WaitAsync(Deadline);
        await session.EndAsync().WaitAsync(Deadline);
        _state.Connections.Remove(connection);
        await toClient.Writer.CompleteAsync();
        var output = new MemoryStream();
        await toClient.Reader.CopyToAsync(output);
        return output.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await _vhosts.DisposeAsync();
        await _node.DisposeAsync();
        _users.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
