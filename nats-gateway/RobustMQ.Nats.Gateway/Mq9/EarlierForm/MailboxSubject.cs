using System.Text;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary>
/// What follows <c>$mq9.AI.MAILBOX.MSG.</c>: <c>{id}</c> or <c>{id}.{priority}</c>, and in a subscription <c>{id}.*</c>. A last token that is a word for a priority is one.
/// </summary>
/// <param name="Priority">Null: none is named.</param>
/// <param name="IsEvery">Ends in <c>*</c>.</param>
internal readonly record struct MailboxSubject(string Address, MailPriority? Priority, bool IsEvery)
{
    public const string Prefix = "$mq9.AI.MAILBOX.MSG.";

    public static MailboxSubject Parse(string text)
    {
        var dot = text.LastIndexOf('.');
        if (dot > 0 && text.AsSpan(dot + 1) is "*")
            return new MailboxSubject(text[..dot], null, true);
        if (dot > 0 && MailPriorities.TryParse(Encoding.UTF8.GetBytes(text[(dot + 1)..]), out var priority))
            return new MailboxSubject(text[..dot], priority, false);
        return new MailboxSubject(text, null, false);
    }

    /// <summary>Whether a subscription to this wants a message. One that names nothing gets the normal ones, whose subject names nothing either.</summary>
    public bool Wants(MailPriority priority) => IsEvery || priority == (Priority ?? MailPriority.Normal);

    /// <summary>The subject that a delivery to a subscription carries.</summary>
    public string SubjectOf(MailPriority priority) => IsEvery || Priority is not null ? $"{Prefix}{Address}.{priority.Word()}" : Prefix + Address;
}
