using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Logs;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary><c>MSG.SEND.{addr}</c>: stores the payload with what its headers ask for, and answers when it is durable.</summary>
internal sealed class SendCommand(MailboxStore mailboxes) : IMq9Command
{
    public ValueTask RunAsync(Mq9Call call)
    {
        var address = call.Argument;
        if (!MailAddress.IsValid(address))
        {
            call.Answer.Fail(Mq9Errors.NoMailbox(address));
            return ValueTask.CompletedTask;
        }
        if (!SendOptions.TryParse(call.Headers.Span, out var options, out var error))
        {
            call.Answer.Fail(error);
            return ValueTask.CompletedTask;
        }
        var append = mailboxes.AppendAsync(call.Namespace, address, options, options.Priority ?? MailPriority.Normal, call.Headers.Span, call.Payload.Span, call.IsAlone);
        return AnswerAsync(call, address, append);
    }

    /// <summary>Shared with the earlier form's send.</summary>
    public static void Answer(Mq9Call call, string address, in AppendResult result)
    {
        if (result.Succeeded)
            call.Answer.Json.WriteNumber("msg_id"u8, result.IsDelayed ? -1 : result.BaseOffset.Value);
        else
            call.Answer.Fail(Mq9Errors.Storage(result.Error, address));
    }

    private static async ValueTask AnswerAsync(Mq9Call call, string address, ValueTask<AppendResult> append) =>
        Answer(call, address, await append.ConfigureAwait(false));
}
