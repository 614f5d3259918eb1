using System.Globalization;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary><c>MSG.DELETE.{addr}.{msg_id}</c>, and <c>MAILBOX.DELETE</c> of the earlier form: removes one message of this mailbox.</summary>
internal sealed class DeleteCommand(MailboxStore mailboxes) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        var dot = call.Argument.LastIndexOf('.');
        var address = dot < 0 ? call.Argument : call.Argument[..dot];
        var id = dot < 0 ? string.Empty : call.Argument[(dot + 1)..];
        if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            call.Answer.Fail(Mq9Errors.InvalidMessageId(id));
            return;
        }
        if (!MailAddress.IsValid(address))
        {
            call.Answer.Fail(Mq9Errors.NoMailbox(address));
            return;
        }
        var result = await mailboxes.DeleteAsync(call.Namespace, address, new Offset(offset)).ConfigureAwait(false);
        if (!result.Succeeded && result.Error != ErrorCode.OffsetOutOfRange)
            call.Answer.Fail(Mq9Errors.Storage(result.Error, address));
        else if (result.DeletedRecords == 0)
            call.Answer.Fail(Mq9Errors.MessageNotFound);
        else
            call.Answer.Json.WriteBoolean("deleted"u8, true);
    }
}
