using Grpc.Core;
using RobustMQ.Protos.V1;
using RobustMQ.Storage.Tests.Support;
using RobustMQ.StorageNode.Streams;

namespace RobustMQ.Storage.Client.Tests.Services;

/// <summary>A caller that asks and asks and takes no answer: it is listened to no further, and from where it stopped once it does.</summary>
public sealed class UnreadReplyTests : IAsyncLifetime
{
    private const int Requests = 100_000;
    private const int QueueBytesMax = 1 << 20;

    private TestNode _test = null!;

    public async Task InitializeAsync() => _test = await TestNode.OpenAsync();

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task A_caller_whose_members_ask_to_join_and_hear_nothing_is_listened_to_no_further()
    {
        var requests = new EndlessRequests<ConsumeRequest>(Requests, static n => new ConsumeRequest
        {
            Members = { new MemberRequest { Membership = (uint)n, Join = new MemberRequest.Types.Join { Consumer = new ConsumerRef { Namespace = "default", Name = "none" }, Member = "m" } } },
        });
        var replies = new HeldReplies<ConsumeReply>(static reply => reply.Members.Count);
        await using var session = new ConsumeSession(_test.Node.Consumers, replies, QueueBytesMax);
        await CheckAsync(requests, replies, session.RunAsync(requests, CancellationToken.None, CancellationToken.None));
    }

    [Fact]
    public async Task A_subscriber_that_asks_whether_it_was_heard_and_hears_nothing_is_listened_to_no_further()
    {
        var requests = new EndlessRequests<SubscribeRequest>(Requests, static n => new SubscribeRequest { Sync = (ulong)n });
        var replies = new HeldReplies<SubscribeReply>(static reply => reply.Synced > 0 ? 1 : 0);
        await using var session = new SubscribeSession(_test.Node.Live, new SubscribeRequest.Types.Hello { Name = "test" }, QueueBytesMax);
        await requests.MoveNext(CancellationToken.None);
        await CheckAsync(requests, replies, session.RunAsync(requests, replies, CancellationToken.None, CancellationToken.None));
    }

    /// <param name="running">Has run to where it waits: nothing that it asks for takes time.</param>
    private static async Task CheckAsync<TRequest, TReply>(EndlessRequests<TRequest> requests, HeldReplies<TReply> replies, Task running)
    {
        try
        {
            // What the writer holds was taken from what may wait.
            await replies.IsHeld.Task;
            Assert.False(running.IsCompleted);
            Assert.InRange(requests.Taken, 4096, Requests / 2);
        }
        finally
        {
            replies.Release();
        }
        await running.WaitAsync(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => replies.Answers == Requests, "all are answered");
    }

    private sealed class EndlessRequests<T>(int count, Func<int, T> make) : IAsyncStreamReader<T>
    {
        private int _taken;

        public int Taken => Volatile.Read(ref _taken);

        public T Current { get; private set; } = default!;

        public Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (_taken == count)
                return Task.FromResult(false);
            Current = make(Interlocked.Increment(ref _taken));
            return Task.FromResult(true);
        }
    }

    private sealed class HeldReplies<T>(Func<T, int> answersOf) : IServerStreamWriter<T>
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _answers;

        public TaskCompletionSource IsHeld { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Answers => Volatile.Read(ref _answers);

        public WriteOptions? WriteOptions { get; set; }

        public void Release() => _released.TrySetResult();

        public Task WriteAsync(T message)
        {
            Interlocked.Add(ref _answers, answersOf(message));
            IsHeld.TrySetResult();
            return _released.Task;
        }
    }
}
