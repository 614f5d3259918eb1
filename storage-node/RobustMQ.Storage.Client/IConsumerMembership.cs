using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Client;

/// <summary>
/// A gateway's side of a joined member. All calls may be made from any thread, also while the receiver is called. Disposing it leaves in order: answers given before are stored, the member's
/// pending records are given back at once, and the receiver is called no more.
/// </summary>
public interface IConsumerMembership : IAsyncDisposable
{
    /// <summary>
    /// Lets more come. Credit is used up by what is delivered, never by what is answered: whoever wants N records outstanding adds one for each answer. It is kept over reconnects:
    /// what was delivered and not answered before is given back then, and so is the credit that it took.
    /// </summary>
    void AddCredit(int records, long bytes = 0);

    /// <summary>Answers a delivery. Returns at once: answers go together, in order. Answers to what was delivered before the last <see cref="IConsumerReceiver.OnJoined"/> are still good where the record is pending.</summary>
    void Acknowledge(in Acknowledgement answer);

    /// <summary>
    /// Completes when every answer before the call is stored. <see cref="ErrorCode.Unavailable"/>: the connection was lost first and it is unknown which are; records whose answers were lost come
    /// again. <see cref="ErrorCode.Fenced"/>: this membership has ended.
    /// </summary>
    ValueTask<ErrorCode> SyncAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// One round of records beyond the standing credit, for this member: answers as soon as there is one record, or with none after the time. They are pending like delivered ones and come in the result instead of
    /// the receiver. The caller disposes it. A lost connection is <see cref="ErrorCode.Unavailable"/>.
    /// </summary>
    ValueTask<FetchResult> FetchAsync(int maxRecords, int maxBytes, TimeSpan maxWait, CancellationToken cancellationToken = default);
}
