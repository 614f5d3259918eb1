using RobustMQ.Nats.Gateway.Mq9.Mailboxes;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary><c>MSG.FETCH.{addr}</c>: messages in the order critical, urgent, normal, first-in first-out within each. Commits nothing.</summary>
internal sealed class FetchCommand(StatelessFetch stateless, GroupFetch groups, WaitSlots waits) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        var options = FetchOptions.Parse(call.Payload, out var mistake);
        if (mistake is not null)
        {
            call.Answer.Fail(Mq9Errors.InvalidPayload("FETCH", mistake));
            return;
        }
        if (!MailAddress.IsValid(call.Argument))
        {
            call.Answer.Fail(Mq9Errors.NoMailbox(call.Argument));
            return;
        }
        var mayWait = options.MaxWait > TimeSpan.Zero && waits.TryTake();
        try
        {
            if (!mayWait)
                options = options with { MaxWait = TimeSpan.Zero };
            if (options.Group is null)
                await stateless.RunAsync(call, options).ConfigureAwait(false);
            else
                await groups.RunAsync(call, options).ConfigureAwait(false);
        }
        finally
        {
            if (mayWait)
                waits.Return();
        }
    }
}
