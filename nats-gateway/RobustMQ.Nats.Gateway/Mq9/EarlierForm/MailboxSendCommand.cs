using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Nats.Gateway.Mq9.Messages;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary><c>MAILBOX.MSG.{id}[.{priority}]</c>: a send whose priority is in the subject. The headers of the current form count as well; they may not name another priority.</summary>
internal sealed class MailboxSendCommand(MailboxStore mailboxes) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        var target = MailboxSubject.Parse(call.Argument);
        if (!MailAddress.IsValid(target.Address))
        {
            call.Answer.Fail(Mq9Errors.NoMailbox(target.Address));
            return;
        }
        if (!SendOptions.TryParse(call.Headers.Span, out var options, out var error))
        {
            call.Answer.Fail(error);
            return;
        }
        if (options.Priority is { } named && target.Priority is { } inSubject && named != inSubject)
        {
            call.Answer.Fail(Mq9Errors.InvalidHeader("mq9-priority", "is not the subject's"));
            return;
        }
        var priority = target.Priority ?? options.Priority ?? MailPriority.Normal;
        var append = mailboxes.AppendAsync(call.Namespace, target.Address, options, priority, call.Headers.Span, call.Payload.Span, call.IsAlone);
        SendCommand.Answer(call, target.Address, await append.ConfigureAwait(false));
    }
}
