using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>
/// Answers a client's publishes in their order, each when its records are where they must be. What waits for nothing is answered at once unless something before it waits.
/// Filled by the connection's reading thread.
/// </summary>
internal sealed class AckQueue(MqttConnection connection)
{
    private readonly List<PendingAck> _gathered = [];
    private readonly List<PublishAck> _answers = [];
    private HashSet<ushort>? _unreleased;
    private Task _last = Task.CompletedTask;
    private int _waiting;

    /// <summary>Answers that wait for storage.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Completes when nothing waits.</summary>
    public Task Idle => _last;

    public void Add(in PendingAck ack) => _gathered.Add(ack);

    /// <summary>The batches of what was gathered have been handed over.</summary>
    public void Settle()
    {
        if (_gathered.Count == 0)
            return;
        if (_last.IsCompleted && !_gathered.Exists(ack => ack.First is not null || IsKept(ack.Answer)))
        {
            _answers.Clear();
            foreach (var ack in _gathered)
            {
                End(ack.Answer);
                _answers.Add(ack.Answer);
            }
            connection.Outbound.WriteAcks(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_answers));
            connection.HasAnswers = true;
        }
        else
        {
            Interlocked.Add(ref _waiting, _gathered.Count);
            _last = AnswerAsync(_last, [.. _gathered]);
        }
        _gathered.Clear();
    }

    private async Task AnswerAsync(Task previous, PendingAck[] acks)
    {
        await previous.ConfigureAwait(false);
        var answers = new PublishAck[acks.Length];
        var isKept = false;
        for (var at = 0; at < acks.Length; at++)
        {
            var error = await OutcomeOf(acks[at]).ConfigureAwait(false);
            if (error != ErrorCode.None && !MayRefuse(error))
            {
                connection.Outbound.WriteAcks(answers.AsSpan(0, at));
                Interlocked.Add(ref _waiting, -acks.Length);
                connection.Close(CloseReason.StorageUnavailable);
                return;
            }
            answers[at] = error == ErrorCode.None ? acks[at].Answer : acks[at].Answer with { Reason = ReasonOf(error) };
            End(answers[at]);
            isKept |= Keep(answers[at]);
        }
        if (isKept && await connection.Stored!.SaveUnreleasedAsync(_unreleased!).ConfigureAwait(false) != ErrorCode.None)
        {
            Interlocked.Add(ref _waiting, -acks.Length);
            connection.Close(CloseReason.StorageUnavailable);
            return;
        }
        Interlocked.Add(ref _waiting, -acks.Length);
        connection.Outbound.WriteAcks(answers);
        connection.Outbound.Flush();
    }

    /// <summary>A session remembers which publishes at QoS 2 it has had and which of them were released, before it says so.</summary>
    private bool IsKept(in PublishAck answer) => connection.Stored is not null && answer.Type is (PacketType.PubRec or PacketType.PubComp);

    /// <returns>Whether what is remembered has changed.</returns>
    private bool Keep(in PublishAck answer)
    {
        if (connection.Stored is not { } stored || answer.Type is not (PacketType.PubRec or PacketType.PubComp))
            return false;
        _unreleased ??= [.. stored.Saved.Unreleased];
        return answer.Type == PacketType.PubComp ? _unreleased.Remove(answer.PacketId)
            : answer.Reason < ReasonCode.UnspecifiedError && _unreleased.Add(answer.PacketId);
    }

    private static async ValueTask<ErrorCode> OutcomeOf(PendingAck ack)
    {
        if (ack.First is not { } first)
            return ErrorCode.None;
        var error = await first.Outcome.ConfigureAwait(false);
        return error == ErrorCode.None && ack.Second is { } second ? await second.Outcome.ConfigureAwait(false) : error;
    }

    /// <summary>
    /// A message that can never be stored is refused, where the protocol has words for it. Otherwise the connection ends without an answer, so that the client keeps the
    /// message and sends it again.
    /// </summary>
    private bool MayRefuse(ErrorCode error) =>
        connection.Version == MqttVersion.V5 && error is (ErrorCode.LimitExceeded or ErrorCode.TooLarge or ErrorCode.InvalidArgument or ErrorCode.Unsupported);

    private static ReasonCode ReasonOf(ErrorCode error) =>
        error is ErrorCode.LimitExceeded or ErrorCode.TooLarge ? ReasonCode.QuotaExceeded : ReasonCode.ImplementationSpecificError;

    private void End(in PublishAck answer)
    {
        if (answer.Type == PacketType.PubAck)
            connection.Inbound.Acknowledged();
        else if (answer.Type == PacketType.PubRec && answer.Reason >= ReasonCode.UnspecifiedError)
            connection.Inbound.Release(answer.PacketId);
    }
}

/// <summary>An answer, and the batches that must be stored before it is given.</summary>
internal readonly record struct PendingAck(PublishAck Answer, StoreBatch? First = null, StoreBatch? Second = null);
