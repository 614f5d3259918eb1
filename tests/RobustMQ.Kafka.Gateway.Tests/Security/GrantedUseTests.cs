using Confluent.Kafka;
using Confluent.Kafka.Admin;
using RobustMQ.Kafka.Gateway.Security;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Storage.Tests.Support;
using static RobustMQ.Kafka.Gateway.Tests.KafkaCluster;
using AclBinding = RobustMQ.Kafka.Protocol.Apis.AclBinding;

namespace RobustMQ.Kafka.Gateway.Tests.Security;

/// <summary>What librdkafka's clients may do as a user that was made at run time: nothing, and then what was granted, operation by operation.</summary>
public sealed class GrantedUseTests : IAsyncLifetime
{
    private KafkaCluster _cluster = null!;
    private RawClient _root = null!;

    public async Task InitializeAsync()
    {
        _cluster = await KafkaCluster.StartAsync(1, "--auth:users:0:name", "root", "--auth:users:0:password", "all of it");
        _root = await RawClient.LogInAsync(_cluster.Gateways[0], "root", "all of it");
        using var admin = _cluster.Admin(static config => LogIn(config, "root", "all of it"));
        await admin.AlterUserScramCredentialsAsync(
            [new UserScramCredentialUpsertion { User = "eve", Password = Bytes("secret"), ScramCredentialInfo = new ScramCredentialInfo { Mechanism = ScramMechanism.ScramSha256, Iterations = 4096 } }]);
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "orders", NumPartitions = 1 }]);
    }

    public async Task DisposeAsync()
    {
        _root.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_member_needs_its_group_beside_its_topic()
    {
        await _root.GrantAsync(SharedAcl.Topic, "orders", SharedAcl.Read);
        var isRefused = false;
        using (var consumer = _cluster.Consumer(Member, (_, error) => isRefused |= error.Code == ErrorCode.GroupAuthorizationFailed))
        {
            consumer.Subscribe("orders");
            await Eventually.TrueAsync(() => TryConsume(consumer, out var error) is null && (isRefused |= error == ErrorCode.GroupAuthorizationFailed), "the group is refused");
            consumer.Close();
        }
        await _root.GrantAsync(SharedAcl.Group, "eve", SharedAcl.Read, isPrefix: true);
        await _root.GrantAsync(SharedAcl.Topic, "orders", SharedAcl.Write);
        using var producer = _cluster.Producer(static config => LogIn(config, "eve", "secret"));
        await producer.ProduceAsync("orders", new Message<byte[], byte[]> { Value = Bytes("x") });
        using var member = _cluster.Consumer(Member);
        member.Subscribe("orders");
        Assert.Equal("x", Text(TryConsume(member, out _)!.Message.Value));
        member.Commit();
        member.Close();

        static void Member(ConsumerConfig config)
        {
            LogIn(config, "eve", "secret");
            config.GroupId = "eves-group";
        }
    }

    [Fact]
    public async Task A_transactional_id_is_used_by_whom_it_was_granted()
    {
        await _root.GrantAsync(SharedAcl.Topic, "orders", SharedAcl.Write);
        using (var refused = Producer("eves-id"))
            Assert.Equal(ErrorCode.TransactionalIdAuthorizationFailed, Assert.ThrowsAny<KafkaException>(() => refused.InitTransactions(TimeSpan.FromSeconds(20))).Error.Code);
        await _root.GrantAsync(SharedAcl.TransactionalId, "eves-", SharedAcl.Write, isPrefix: true);
        using (var producer = Producer("eves-id"))
        {
            producer.InitTransactions(TimeSpan.FromSeconds(20));
            producer.BeginTransaction();
            await producer.ProduceAsync("orders", new Message<byte[], byte[]> { Value = Bytes("x") });
            producer.CommitTransaction(TimeSpan.FromSeconds(20));
        }
        using var others = Producer("others-id");
        Assert.Equal(ErrorCode.TransactionalIdAuthorizationFailed, Assert.ThrowsAny<KafkaException>(() => others.InitTransactions(TimeSpan.FromSeconds(20))).Error.Code);

        IProducer<byte[], byte[]> Producer(string id) => _cluster.Producer(config =>
        {
            LogIn(config, "eve", "secret");
            config.TransactionalId = id;
        });
    }

    [Fact]
    public async Task Who_may_write_a_topic_may_be_an_idempotent_producer_unless_that_is_denied()
    {
        using var eve = await RawClient.LogInAsync(_cluster.Gateways[0], "eve", "secret");
        Assert.Equal(KafkaError.ClusterAuthorizationFailed, await BeginAsync());
        await _root.GrantAsync(SharedAcl.Topic, "orders", SharedAcl.Write);
        Assert.Equal(KafkaError.None, await BeginAsync());
        await _root.GrantAsync(SharedAcl.Cluster, "kafka-cluster", SharedAcl.IdempotentWrite, isDenied: true);
        Assert.Equal(KafkaError.ClusterAuthorizationFailed, await BeginAsync());

        async Task<KafkaError> BeginAsync() => (await eve.AskAsync<InitProducerIdRequest, InitProducerIdResponse>(new() { TransactionTimeoutMs = 1000 }, 4)).Error;
    }

    [Fact]
    public async Task Topics_are_made_changed_and_deleted_by_whom_that_was_granted()
    {
        using var eve = _cluster.Admin(static config => LogIn(config, "eve", "secret"));
        TopicSpecification[] wanted = [new() { Name = "eves.own", NumPartitions = 1 }];
        var refused = await Assert.ThrowsAsync<CreateTopicsException>(() => eve.CreateTopicsAsync(wanted));
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, refused.Results[0].Error.Code);
        await _root.GrantAsync(SharedAcl.Topic, "eves.", SharedAcl.Create, isPrefix: true);
        await eve.CreateTopicsAsync(wanted);

        var growth = new[] { new PartitionsSpecification { Topic = "eves.own", IncreaseTo = 2 } };
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, (await Assert.ThrowsAsync<CreatePartitionsException>(() => eve.CreatePartitionsAsync(growth))).Results[0].Error.Code);
        await _root.GrantAsync(SharedAcl.Topic, "eves.own", SharedAcl.Alter);
        await eve.CreatePartitionsAsync(growth);

        Assert.Equal(ErrorCode.TopicAuthorizationFailed, (await Assert.ThrowsAsync<DeleteTopicsException>(() => eve.DeleteTopicsAsync(["eves.own"]))).Results[0].Error.Code);
        await _root.GrantAsync(SharedAcl.Topic, "*", SharedAcl.All);
        await _root.GrantAsync(SharedAcl.Topic, "orders", SharedAcl.Delete, isDenied: true);
        await eve.DeleteTopicsAsync(["eves.own"]);
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, (await Assert.ThrowsAsync<DeleteTopicsException>(() => eve.DeleteTopicsAsync(["orders"]))).Results[0].Error.Code);
    }

    [Fact]
    public async Task What_everybody_is_granted_holds_for_a_user_of_its_own_too()
    {
        using var eve = await RawClient.LogInAsync(_cluster.Gateways[0], "eve", "secret");
        Assert.Equal(KafkaError.TopicAuthorizationFailed, await FindAsync());
        await _root.GrantAsync(SharedAcl.Topic, "orders", SharedAcl.Describe, principal: "User:*");
        Assert.Equal(KafkaError.None, await FindAsync());
        await _root.GrantAsync(SharedAcl.Topic, "ord", SharedAcl.Describe, isPrefix: true, isDenied: true);
        Assert.Equal(KafkaError.TopicAuthorizationFailed, await FindAsync());

        async Task<KafkaError> FindAsync() => (await eve.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [new() { Name = "orders" }] }, 9)).Topics[0].Error;
    }

    private static ConsumeResult<byte[], byte[]>? TryConsume(IConsumer<byte[], byte[]> consumer, out ErrorCode error)
    {
        error = ErrorCode.NoError;
        try
        {
            for (var tries = 0; tries < 20; tries++)
            {
                if (consumer.Consume(TimeSpan.FromSeconds(1)) is { IsPartitionEOF: false } result)
                    return result;
            }
        }
        catch (ConsumeException failure)
        {
            error = failure.Error.Code;
        }
        return null;
    }
}
