using RobustMQ.Kafka.Gateway.Cluster;
using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>How many transactional ids there may be, and what becomes of those that nobody uses.</summary>
public sealed class TransactionalIdTests : IAsyncLifetime
{
    private static readonly string[] Flags = ["--kafka:lease", "1s", "--kafka:transaction:max_ids", "3"];

    private KafkaCluster _cluster = null!;
    private RawClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, Flags);
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
        await AskUntilServedAsync("one");
        await WhenCoordinatedAsync(_client);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task One_id_too_many_is_refused_and_those_that_are_known_go_on()
    {
        Assert.Equal(KafkaError.None, await AskAsync("two"));
        Assert.Equal(KafkaError.None, await AskAsync("three"));
        Assert.Equal(KafkaError.PolicyViolation, await AskAsync("four"));
        Assert.Equal(KafkaError.PolicyViolation, await AskAsync("five"));
        Assert.Equal(KafkaError.None, await AskAsync("two"));
        Assert.Null(await FindAsync("four"));
    }

    [Fact]
    public async Task Ids_from_before_a_restart_are_counted()
    {
        Assert.Equal(KafkaError.None, await AskAsync("two"));
        Assert.Equal(KafkaError.None, await AskAsync("three"));
        await RestartAsync();
        await AskUntilServedAsync("one");
        Assert.Equal(KafkaError.PolicyViolation, await AskAsync("four"));
        Assert.Equal(KafkaError.None, await AskAsync("three"));
    }

    [Fact]
    public async Task A_request_that_makes_no_id_counts_for_none()
    {
        for (var time = 0; time < 5; time++)
        {
            var named = new InitProducerIdRequest { TransactionalId = "two", TransactionTimeoutMs = 0, ProducerId = -1, ProducerEpoch = -1 };
            Assert.Equal(KafkaError.InvalidTransactionTimeout, (await _client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(named, 5)).Error);
            Assert.Equal(KafkaError.None, await AskAsync("one"));
        }
        Assert.Equal([KafkaError.None, KafkaError.None, KafkaError.PolicyViolation], [await AskAsync("two"), await AskAsync("three"), await AskAsync("four")]);
    }

    [Fact]
    public async Task The_same_new_id_asked_for_by_many_at_once_counts_once()
    {
        var clients = new List<RawClient>();
        for (var count = 0; count < 8; count++)
            clients.Add(await RawClient.ConnectAsync(_cluster.Gateways[0]));
        await Task.WhenAll(clients.Select(static client => AskAsync(client, "two")));
        clients.ForEach(static client => client.Dispose());
        Assert.Equal([KafkaError.None, KafkaError.PolicyViolation], [await AskAsync("three"), await AskAsync("four")]);
    }

    [Fact]
    public async Task An_id_that_nobody_has_used_for_long_is_forgotten()
    {
        Assert.Equal(KafkaError.None, await AskAsync("two"));
        await ChangeAsync("two", static state => state with { ChangedMs = LongAgo });
        await RestartAsync();
        await Eventually.TrueAsync(async () => await FindAsync("two") is null, "it is forgotten");
        Assert.NotNull(await FindAsync("one"));
    }

    [Fact]
    public async Task An_open_transaction_is_not_forgotten_however_old()
    {
        Assert.Equal([KafkaError.None, KafkaError.None], [await AskAsync("two"), await AskAsync("three")]);
        await ChangeAsync("two", static state => state with { ChangedMs = LongAgo, StartedMs = LongAgo, Phase = TransactionPhase.Ongoing });
        await ChangeAsync("three", static state => state with { ChangedMs = LongAgo });
        await RestartAsync();
        await Eventually.TrueAsync(async () => await FindAsync("three") is null, "what nobody uses is forgotten");
        await Eventually.TrueAsync(async () => (await FindAsync("two"))!.Phase == TransactionPhase.CompleteAbort, "it is ended instead");
    }

    [Fact]
    public async Task Where_ids_are_refused_those_that_nobody_uses_make_room_soon()
    {
        Assert.Equal([KafkaError.None, KafkaError.None], [await AskAsync("two"), await AskAsync("three")]);
        await RestartAsync();
        await AskUntilServedAsync("one");
        Assert.Equal(KafkaError.PolicyViolation, await AskAsync("four"));
        await ChangeAsync("three", static state => state with { ChangedMs = LongAgo });
        await AskUntilServedAsync("four");
        Assert.Null(await FindAsync("three"));
        Assert.Equal(KafkaError.PolicyViolation, await AskAsync("five"));
    }

    [Fact]
    public async Task One_that_comes_while_its_slot_is_searched_is_counted()
    {
        var slot = ClusterMembership.SlotOf(Namespace.Default, "two");
        Assert.InRange(slot, 0, ClusterMembership.SlotCount - 2);
        SlowSearches storage = null!;
        await using var cluster = await KafkaCluster.StartAsync(0);
        await cluster.AddGatewayAsync(inner => storage = new SlowSearches(inner, slot), "--kafka:transaction:max_ids", "3");
        using var client = await RawClient.ConnectAsync(cluster.Gateways[0]);
        await WhenCoordinatedAsync(client);
        // The first id brings the topic of the ids into being, in which all slots are searched then.
        Assert.Equal(KafkaError.None, await AskAsync(client, "one"));
        await storage.Read.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(KafkaError.None, await AskAsync(client, "two"));
        storage.Tell();
        await storage.Next.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal([KafkaError.None, KafkaError.PolicyViolation], [await AskAsync(client, "three"), await AskAsync(client, "four")]);
    }

    /// <summary>Slots come to a gateway one after the other.</summary>
    private static async Task WhenCoordinatedAsync(RawClient client)
    {
        string[] ids = ["one", "two", "three", "four", "five"];
        await Eventually.TrueAsync(
            async () => (await client.AskAsync<DescribeTransactionsRequest, DescribeTransactionsResponse>(new() { TransactionalIds = ids }, 0)).Transactions
                .All(static transaction => transaction.Error != KafkaError.NotCoordinator),
            "every id has its coordinator");
    }

    private static long LongAgo => DateTimeOffset.UtcNow.AddDays(-8).ToUnixTimeMilliseconds();

    private Task<KafkaError> AskAsync(string id) => AskAsync(_client, id);

    private static async Task<KafkaError> AskAsync(RawClient client, string id) =>
        (await client.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionalId = id, TransactionTimeoutMs = 30_000, ProducerId = -1, ProducerEpoch = -1 }, 5)).Error;

    private Task AskUntilServedAsync(string id) => Eventually.TrueAsync(async () => await AskAsync(id) == KafkaError.None, $"{id} is served");

    private async Task RestartAsync()
    {
        _client.Dispose();
        await _cluster.RestartAsync(1, Flags);
        _client = await RawClient.ConnectAsync(_cluster.Gateways[0]);
    }

    private async Task<TransactionState?> FindAsync(string id) =>
        (await new TransactionLog(_cluster.Storage).ReadAsync(Namespace.Default, ClusterMembership.SlotOf(Namespace.Default, id), id)).Entry.State;

    private async Task ChangeAsync(string id, Func<TransactionState, TransactionState> change)
    {
        var log = new TransactionLog(_cluster.Storage);
        var slot = ClusterMembership.SlotOf(Namespace.Default, id);
        var (_, entry) = await log.ReadAsync(Namespace.Default, slot, id);
        Assert.Equal(ErrorCode.None, (await log.WriteAsync(Namespace.Default, slot, id, change(entry.State!), entry.At)).Error);
    }
}
