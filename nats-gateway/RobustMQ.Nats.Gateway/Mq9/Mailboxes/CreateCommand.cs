using RobustMQ.Nats.Gateway.Mq9.EarlierForm;
using RobustMQ.Nats.Gateway.Mq9.Json;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary><c>MAILBOX.CREATE</c>: makes a mailbox under a given or a new address. Not idempotent. <c>public</c> is the earlier form's.</summary>
internal sealed class CreateCommand(MailboxStore mailboxes, PublicMailboxes publicMailboxes, Mq9Options options) : IMq9Command
{
    private const int DescriptionLengthMax = 1024;

    /// <summary>A hundred years count as never: beyond them a clock's arithmetic would overflow.</summary>
    private const long TtlSecondsMax = 3_155_760_000;

    public async ValueTask RunAsync(Mq9Call call)
    {
        if (Parse(call) is not { } mailbox)
            return;
        var error = await mailboxes.CreateAsync(call.Namespace, mailbox, CancellationToken.None).ConfigureAwait(false);
        if (error == ErrorCode.None && mailbox.IsPublic)
            error = await publicMailboxes.AddAsync(call.Namespace, mailbox).ConfigureAwait(false);
        if (error != ErrorCode.None)
        {
            call.Answer.Fail(error switch
            {
                ErrorCode.AlreadyExists => Mq9Errors.MailboxExists(mailbox.Address),
                ErrorCode.LimitExceeded => Mq9Errors.TooManyMailboxes,
                _ => Mq9Errors.Storage(error),
            });
            return;
        }
        call.Answer.Json.WriteString("mail_address"u8, mailbox.Address);
        call.Answer.Json.WriteString("mail_id"u8, mailbox.Address);
    }

    private MailboxSpec? Parse(Mq9Call call)
    {
        using var fields = JsonFields.Parse(call.Payload, mayBeEmpty: true);
        var name = fields.Text("name", int.MaxValue);
        var ttl = fields.Number("ttl", 0, long.MaxValue) ?? (long)options.DefaultTtl.TotalSeconds;
        var description = fields.Text("desc", DescriptionLengthMax);
        var isPublic = fields.Flag("public");
        fields.End();
        if (fields.Mistake is { } mistake)
        {
            call.Answer.Fail(Mq9Errors.InvalidPayload("CREATE", mistake));
            return null;
        }
        if (name is not null && MailAddress.FindMistake(name) is { } nameMistake)
        {
            call.Answer.Fail(nameMistake);
            return null;
        }
        return new MailboxSpec(name ?? MailAddress.Generate(), ttl > TtlSecondsMax ? 0 : ttl, description, isPublic);
    }
}
