using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary><c>PUBLIC.LIST</c> as a request: the public mailboxes with their descriptions.</summary>
internal sealed class PublicListCommand(PublicMailboxes mailboxes, TimeProvider time) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        var found = new List<PublicMailbox>();
        var error = await new PublicListReader(mailboxes.Topic, call.Namespace).ReadAsync(found, TimeSpan.Zero, call.ClientGone).ConfigureAwait(false);
        if (error is not (ErrorCode.None or ErrorCode.NotFound))
        {
            call.Answer.Fail(Mq9Errors.Storage(error));
            return;
        }
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        call.Answer.Json.WriteStartArray("mailboxes"u8);
        foreach (var mailbox in found)
        {
            if (mailbox.ExpiresAtMs != 0 && mailbox.ExpiresAtMs <= nowMs)
                continue;
            call.Answer.Json.WriteStartObject();
            mailbox.WriteFields(call.Answer.Json);
            call.Answer.Json.WriteEndObject();
        }
        call.Answer.Json.WriteEndArray();
    }
}
