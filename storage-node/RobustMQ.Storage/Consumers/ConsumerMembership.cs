using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers.Core;

namespace RobustMQ.Storage.Consumers;

/// <summary>A joined member's handle on its consumer. All calls may be made from any thread.</summary>
public sealed class ConsumerMembership
{
    private readonly Consumer _consumer;

    internal ConsumerMembership(Consumer consumer, MemberSlot slot, IMemberReceiver receiver)
    {
        _consumer = consumer;
        Slot = slot;
        Receiver = receiver;
    }

    internal MemberSlot Slot { get; }

    internal IMemberReceiver Receiver { get; }

    /// <summary>It was replaced, or its consumer is gone, or it has left: nothing it says counts. Set under the consumer's lock.</summary>
    internal bool IsOver { get; set; }

    internal TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void AddCredit(int records, long bytes = 0) => _consumer.AddCredit(this, records, bytes);

    public void Acknowledge(in Acknowledgement answer) => _consumer.Answer(this, [answer]);

    public void Acknowledge(ReadOnlySpan<Acknowledgement> answers) => _consumer.Answer(this, answers);

    /// <summary>Completes when every answer before the call is stored.</summary>
    public ValueTask<ErrorCode> SyncAsync() => _consumer.SyncAsync(this);

    /// <summary>One round of records beyond the standing credit, for this member.</summary>
    public ValueTask<FetchResult> FetchAsync(int maxRecords, int maxBytes, TimeSpan maxWait, CancellationToken cancellationToken = default) =>
        _consumer.FetchAsync(
            new FetchRequest { Consumer = _consumer.Ref, MaxRecords = maxRecords, MaxBytes = maxBytes, MaxWait = maxWait }, this, cancellationToken);

    /// <summary>Leaves in order: answers are stored, pending records are given back, the receiver is not called afterwards.</summary>
    public ValueTask LeaveAsync() => _consumer.LeaveAsync(this, isLost: false);

    /// <summary>The connection behind it is gone.</summary>
    public ValueTask LoseAsync() => _consumer.LeaveAsync(this, isLost: true);
}
