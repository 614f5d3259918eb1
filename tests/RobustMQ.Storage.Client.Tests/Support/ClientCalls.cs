using RobustMQ.Records;
using RobustMQ.Records.Live;
using RobustMQ.Records.Logs;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>Short names for what tests do often.</summary>
internal static class ClientCalls
{
    public static async Task<Topic> CreateAsync(this IStorageClient client, TopicSpec spec)
    {
        var created = await client.Topics.CreateAsync(spec);
        Assert.True(created.Succeeded, $"{created.Error}: {created.Message}");
        return created.Topic!;
    }

    public static Task<Topic> CreateAsync(this IStorageClient client, string topic, params string[] filters) => client.CreateAsync(TestNode.Spec(topic, filters));

    public static async Task<AppendResult> AppendAsync(
        this IStorageClient client,
        string topic,
        byte[] batch,
        AppendConditions? conditions = null,
        Durability durability = default,
        LiveRouting routing = default) =>
        await client.Logs.AppendAsync(new AppendRequest
        {
            Log = TestNode.Log(topic),
            Batch = batch,
            Conditions = conditions,
            Durability = durability,
            Routing = routing,
        }).AsTask().WaitAsync(Limits.Deadline);

    public static async Task<List<SeenRecord>> ReadAllAsync(this IStorageClient client, string topic)
    {
        var seen = new List<SeenRecord>();
        var next = (await client.Logs.OffsetsAsync(TestNode.Log(topic))).Start;
        while (true)
        {
            using var read = await client.Logs.ReadAsync(new ReadRequest { Log = TestNode.Log(topic), Offset = next });
            Assert.Equal(ErrorCode.None, read.Error);
            seen.AddRange(TestBatch.Read(read.Batches.Span).Where(record => record.Offset >= next.Value));
            if (read.NextOffset == next)
                return seen;
            next = read.NextOffset;
        }
    }

    public static async Task<T> NextAsync<T>(this IAsyncEnumerator<T> watch)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(Limits.Deadline));
        return watch.Current;
    }
}
