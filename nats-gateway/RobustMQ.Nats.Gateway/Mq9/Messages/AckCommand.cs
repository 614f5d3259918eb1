using RobustMQ.Nats.Gateway.Mq9.Json;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>
/// <c>MSG.ACK.{addr}</c>: moves a group's progress past a message, and past what came before it in the order of delivery. Acknowledging what is acknowledged changes nothing.
/// </summary>
internal sealed class AckCommand(IConsumerClient consumers, MailboxStore mailboxes) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        var address = call.Argument;
        if (!TryParse(call, out var group, out var messageId))
            return;
        if (!MailAddress.IsValid(address))
        {
            call.Answer.Fail(Mq9Errors.NoMailbox(address));
            return;
        }
        var consumer = MailGroups.ConsumerOf(call, group);
        Acknowledgement[] answers = [new(new DeliveryId(MailboxNames.LogOf(call.Namespace, address), new Offset(messageId), 0))];
        var error = await consumers.AcknowledgeAsync(consumer, answers, call.IsAlone).ConfigureAwait(false);
        if (error is ErrorCode.NotFound or ErrorCode.Unsupported)
            call.Answer.Fail(await DescribeAbsenceAsync(call, error == ErrorCode.NotFound ? Mq9Errors.NoGroup(group) : Mq9Errors.NoGroups).ConfigureAwait(false));
        else if (error != ErrorCode.None)
            call.Answer.Fail(Mq9Errors.Storage(error));
    }

    private static bool TryParse(Mq9Call call, out string group, out long messageId)
    {
        using var fields = JsonFields.Parse(call.Payload);
        group = fields.Text("group_name", MailboxNames.GroupBytesMax) ?? string.Empty;
        var address = fields.Text("mail_address", MailAddress.LengthMax);
        messageId = fields.RequiredNumber("msg_id", 0, long.MaxValue);
        fields.End();
        var mistake = fields.Mistake ?? MailboxNames.FindGroupMistake(group);
        if (address is not null && address != call.Argument)
            mistake ??= "mail_address is not the subject's";
        if (mistake is not null)
            call.Answer.Fail(Mq9Errors.InvalidPayload("ACK", mistake));
        return mistake is null;
    }

    /// <summary>Without a mailbox there is no group either.</summary>
    private async ValueTask<string> DescribeAbsenceAsync(Mq9Call call, string noGroup)
    {
        var (error, _) = await mailboxes.OffsetsAsync(call.Namespace, call.Argument, -1, CancellationToken.None).ConfigureAwait(false);
        return error == ErrorCode.None ? noGroup : Mq9Errors.Storage(error, call.Argument);
    }
}
