using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>Short names for what tests of consumers do often: one consumer, <see cref="Name"/>, mostly of one topic, <c>orders</c>.</summary>
internal static class ConsumerCalls
{
    public static readonly ConsumerRef Name = new(TestNode.Ns, "js/orders/worker");

    public static ConsumerBinding Binding(int id, params string[] filters) => BindingOf("orders", id, filters);

    /// <param name="topic">Null: every topic of the namespace.</param>
    public static ConsumerBinding BindingOf(string? topic, int id, params string[] filters) =>
        new() { Id = id, Topic = topic is null ? null : TopicName.Parse(topic), Filters = [.. filters.Select(SubjectFilter.Parse)] };

    /// <summary>A consumer of everything in <c>orders</c>.</summary>
    public static ConsumerSpec Plain() => new() { Consumer = Name, Bindings = [Binding(1)] };

    public static async Task<AdaptedNode> OpenAsync(Adapter adapter, ConsumerSpec spec, Func<TopicSpec, TopicSpec>? topic = null)
    {
        var node = await AdaptedNode.OpenAsync(adapter);
        var orders = TestNode.Spec("orders", "orders.>");
        await node.Client.CreateAsync(topic?.Invoke(orders) ?? orders);
        await node.CreateAsync(spec);
        return node;
    }

    public static async Task<ConsumerState> CreateAsync(this AdaptedNode node, ConsumerSpec spec)
    {
        var created = await node.Client.Consumers.CreateAsync(spec);
        Assert.Equal((ErrorCode.None, null), (created.Error, created.Message));
        return created.State!;
    }

    public static async Task<ConsumerState> StateAsync(this AdaptedNode node) => (await node.Client.Consumers.GetAsync(Name)).State!;

    /// <summary>One record a value.</summary>
    public static async Task AppendAsync(this AdaptedNode node, string subject, params string[] values)
    {
        var appended = await node.Client.AppendAsync(subject.Split('.')[0], TestBatch.OfValues(subject, values));
        Assert.Equal(ErrorCode.None, appended.Error);
    }

    public static async Task AppendBothAsync(AdaptedNode node, int round)
    {
        await node.AppendAsync("orders.a", $"a{round}");
        await node.AppendAsync("orders.b", $"b{round}");
    }

    public static IConsumerMembership Join(this AdaptedNode node, string member, IConsumerReceiver receiver, Func<ConsumerJoin, ConsumerJoin>? more = null)
    {
        var join = new ConsumerJoin { Consumer = Name, Member = member, CreditRecords = 100 };
        return node.Client.Consumers.Join(more?.Invoke(join) ?? join, receiver);
    }

    public static async Task<List<Delivered>> FetchAsync(AdaptedNode node, int max = 100, TimeSpan maxWait = default)
    {
        using var fetched = await node.Client.Consumers.FetchAsync(new FetchRequest { Consumer = Name, MaxRecords = max, MaxWait = maxWait }).AsTask().WaitAsync(Limits.Deadline);
        Assert.Equal(ErrorCode.None, fetched.Error);
        return [.. fetched.Deliveries.SelectMany(deliveries => RecordingMember.Read(deliveries))];
    }

    /// <summary>Fetches and acknowledges.</summary>
    public static async Task<List<Delivered>> TakeAsync(AdaptedNode node, int max = 100)
    {
        var delivered = await FetchAsync(node, max);
        await node.AnswerAsync(AckKind.Acknowledge, delivered);
        return delivered;
    }

    public static async Task<List<Delivered>> TakeAfterResetAsync(AdaptedNode node, ConsumerStart start)
    {
        Assert.Equal(ErrorCode.None, (await node.Client.Consumers.ResetAsync(Name, start)).Error);
        return await TakeAsync(node);
    }

    public static async Task AnswerAsync(this AdaptedNode node, AckKind kind, params IEnumerable<Delivered> delivered) =>
        Assert.Equal(ErrorCode.None, await node.Client.Consumers.AcknowledgeAsync(Name, delivered.Select(one => new Acknowledgement(one.Id, kind)).ToArray()));

    public static string Values(IEnumerable<Delivered> delivered) => string.Join(' ', delivered.Select(one => one.Value));

    /// <summary>With the number of the delivery.</summary>
    public static string Counts(IEnumerable<Delivered> delivered) => string.Join(' ', delivered.Select(one => $"{one.Value}:{one.Mark.DeliveryCount}"));

    /// <summary>Values of what a topic has got, each with its reason to be dead, number of deliveries and origin, when there are as many as expected.</summary>
    public static async Task<IEnumerable<string>> DeadAsync(this AdaptedNode node, string topic, int count)
    {
        var log = TestNode.Log(topic);
        await Eventually.TrueAsync(async () => (await node.Client.Logs.OffsetsAsync(log)).End.Value >= count, $"{count} dead letters");
        using var read = await node.Client.Logs.ReadAsync(new ReadRequest { Log = log, Start = ReadStart.First });
        return Dead(read.Batches.Span);
    }

    private static List<string> Dead(ReadOnlySpan<byte> bytes)
    {
        var dead = new List<string>();
        while (!bytes.IsEmpty)
        {
            var batch = bytes[..(int)new RecordBatchHeader(bytes).TotalBytes];
            var reader = new RecordReader(batch);
            while (reader.MoveNext())
            {
                var record = reader.Current;
                var told = new List<string> { Encoding.UTF8.GetString(record.Value) };
                foreach (var header in record.Headers)
                {
                    if (header.Name.SequenceEqual(RecordHeaderNames.DeadReason) || header.Name.SequenceEqual(RecordHeaderNames.DeadDeliveries) || header.Name.SequenceEqual(RecordHeaderNames.DeadSource))
                        told.Add(Encoding.UTF8.GetString(header.Value));
                }
                dead.Add(string.Join(' ', told));
            }
            bytes = bytes[batch.Length..];
        }
        return dead;
    }
}
