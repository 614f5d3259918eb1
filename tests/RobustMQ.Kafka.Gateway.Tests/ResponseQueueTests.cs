using System.Buffers;
using System.IO.Pipelines;
using RobustMQ.Kafka.Gateway.Connections;
using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>Answers whose client is gone before it has taken them.</summary>
public class ResponseQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_cannot_be_sent_gives_back_the_memory_of_all_requests_behind_it()
    {
        // As TLS does whose socket was reset under an answer.
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync(new IOException("reset"));
        var memory = new RequestMemory(1 << 20);
        var ended = new TaskCompletionSource();
        using var output = new PipeAnswers(pipe.Writer, Patience, TimeProvider.System);
        var queue = new ResponseQueue(output, new KafkaConnection(1, null, null), () => ended.TrySetResult());
        var writing = queue.RunAsync();

        // The first answer is sent while the others are still being made.
        var later = new TaskCompletionSource<Reply>();
        var sent = new List<Task>();
        foreach (var reply in new[] { Task.FromResult<Reply>(Answer()), later.Task, later.Task })
            sent.Add(await queue.EnqueueAsync(reply, await FrameAsync(memory)));
        await ended.Task.WaitAsync(Patience);
        later.SetResult(Answer());

        await Task.WhenAll(sent).WaitAsync(Patience);
        Assert.Equal(0, memory.UsedBytes);
        queue.Complete();
        await writing.WaitAsync(Patience);
    }

    private static Reply<HeartbeatResponse> Answer() => new(HeartbeatRequest.Api, 0, 1, new HeartbeatResponse());

    private static async Task<RequestFrame> FrameAsync(RequestMemory memory)
    {
        const int Bytes = 100;
        await memory.ReserveAsync(Bytes, CancellationToken.None);
        return new RequestFrame(ArrayPool<byte>.Shared.Rent(Bytes), Bytes, memory);
    }
}
