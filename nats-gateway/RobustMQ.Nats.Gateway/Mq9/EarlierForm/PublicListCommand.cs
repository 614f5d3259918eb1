using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary><c>PUBLIC.LIST</c> as a request: the public mailboxes with their descriptions, as many as fit into one answer.</summary>
/// <param name="bytesMax">Of an answer.</param>
internal sealed class PublicListCommand(PublicMailboxes mailboxes, TimeProvider time, long bytesMax) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        var reader = new PublicListReader(mailboxes.Topic, call.Namespace);
        var found = new List<PublicMailbox>();
        call.Answer.Json.WriteStartArray("mailboxes"u8);
        while (true)
        {
            found.Clear();
            var error = await reader.ReadAsync(found, TimeSpan.Zero, call.ClientGone).ConfigureAwait(false);
            if (error is not (ErrorCode.None or ErrorCode.NotFound))
            {
                call.Answer.Fail(Mq9Errors.Storage(error));
                return;
            }
            if (!TryWrite(call.Answer, found) || error == ErrorCode.NotFound || reader.IsAtEnd)
                break;
        }
        call.Answer.Json.WriteEndArray();
    }

    /// <returns>False once one found no room: it and what follows is left out.</returns>
    private bool TryWrite(Mq9Answer answer, List<PublicMailbox> found)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var mailbox in found)
        {
            if (mailbox.ExpiresAtMs != 0 && mailbox.ExpiresAtMs <= nowMs)
                continue;
            if (answer.Bytes + mailbox.WrittenBytesMax > bytesMax)
                return false;
            answer.Json.WriteStartObject();
            mailbox.WriteFields(answer.Json);
            answer.Json.WriteEndObject();
        }
        return true;
    }
}
