using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Bench.Consumers;

/// <summary>Counts what members get until it is enough; acknowledges it where asked to.</summary>
internal sealed class BenchCount(long enough)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _count;

    public Task Done => _done.Task;

    public void Add(int records)
    {
        if (Interlocked.Add(ref _count, records) >= enough)
            _done.TrySetResult();
    }

    public void Fail(ErrorCode reason) => _done.TrySetException(new StorageException(reason, "a member was lost"));
}

internal sealed class BenchMember(BenchCount count, bool acknowledges) : IConsumerReceiver
{
    private IConsumerMembership _membership = null!;

    public static (BenchMember Member, IConsumerMembership Membership) Join(GrpcStorageClient client, ConsumerJoin join, BenchCount count, bool acknowledges)
    {
        var member = new BenchMember(count, acknowledges);
        // Deliveries come only with credit: by then it is known what they are answered to.
        member._membership = client.Consumers.Join(join with { CreditRecords = 0 }, member);
        member._membership.AddCredit(join.CreditRecords);
        return (member, member._membership);
    }

    public void OnJoined(in MemberJoined joined)
    {
    }

    public void OnActive(bool isActive)
    {
    }

    public void OnLeft(ErrorCode reason) => count.Fail(reason);

    public void OnDeliveries(in Deliveries deliveries)
    {
        if (acknowledges)
        {
            using var reader = new DeliveryReader(deliveries);
            while (reader.MoveNext())
                _membership.Acknowledge(new Acknowledgement(reader.Id));
            _membership.AddCredit(deliveries.Marks.Length);
        }
        count.Add(deliveries.Marks.Length);
    }
}
