using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;
using RobustMQ.Storage.Consumers;

namespace RobustMQ.Storage.Embedded;

/// <summary>A member of the same process: what it is told is handed on as it comes.</summary>
internal sealed class EmbeddedMembership : IConsumerMembership, IMemberReceiver
{
    private readonly IConsumerReceiver _receiver;
    private readonly ConsumerMembership? _member;

    public EmbeddedMembership(ConsumerTable consumers, ConsumerJoin join, IConsumerReceiver receiver)
    {
        _receiver = receiver;
        (var error, _member) = consumers.Join(join, this);
        if (error != ErrorCode.None)
            receiver.OnLeft(error);
    }

    public void AddCredit(int records, long bytes = 0) => _member?.AddCredit(records, bytes);

    public void Acknowledge(in Acknowledgement answer) => _member?.Acknowledge(answer);

    public async ValueTask<ErrorCode> SyncAsync(CancellationToken cancellationToken = default) =>
        _member is null ? ErrorCode.Fenced : await _member.SyncAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);

    public ValueTask<FetchResult> FetchAsync(int maxRecords, int maxBytes, TimeSpan maxWait, CancellationToken cancellationToken = default) =>
        _member?.FetchAsync(maxRecords, maxBytes, maxWait, cancellationToken) ?? new(FetchResult.Failed(ErrorCode.Fenced));

    public ValueTask DisposeAsync() => _member?.LeaveAsync() ?? ValueTask.CompletedTask;

    void IMemberReceiver.OnJoined(in MemberJoined joined) => _receiver.OnJoined(joined);

    void IMemberReceiver.OnActive(bool isActive) => _receiver.OnActive(isActive);

    void IMemberReceiver.OnDeliveries(in Deliveries deliveries) => _receiver.OnDeliveries(deliveries);

    void IMemberReceiver.OnLeft(ErrorCode reason) => _receiver.OnLeft(reason);
}
