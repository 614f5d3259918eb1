using RobustMQ.Kafka.Gateway.Groups;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>A group whose storage-node answers late, or not.</summary>
public class CoordinatedGroupTests
{
    private static readonly GroupLimits Limits = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), TimeSpan.Zero, 10, TimeSpan.FromSeconds(10));

    [Fact]
    public async Task A_group_is_read_once_however_many_wait_for_that_after_a_failure()
    {
        var storage = new SlowOffsets();
        var group = new CoordinatedGroup(Namespace.Default, "g", Limits, storage, new FakeTopics(), TimeProvider.System);
        var first = group.LoadAsync().AsTask();
        var second = group.LoadAsync().AsTask();
        // The one tries again before the other has noticed, which must not make it be read once more: whoever is in it by then would be forgotten.
        var again = first.ContinueWith(_ => group.LoadAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Unwrap();
        storage.Asked[0].SetResult(GroupOffsets.Failed(ErrorCode.Unavailable));
        Assert.Equal((KafkaError.CoordinatorNotAvailable, KafkaError.CoordinatorNotAvailable), (await first, await second));
        var beside = group.LoadAsync().AsTask();
        Assert.Equal(2, storage.Asked.Count);
        storage.Asked[1].SetResult(new GroupOffsets(ErrorCode.None, 4, []));
        Assert.Equal((KafkaError.None, KafkaError.None), (await again, await beside));
    }
}
