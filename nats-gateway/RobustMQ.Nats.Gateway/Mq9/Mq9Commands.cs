using RobustMQ.Nats.Gateway.Mq9.Agents;
using RobustMQ.Nats.Gateway.Mq9.EarlierForm;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Nats.Gateway.Mq9.Messages;
using RobustMQ.Storage.Client;

namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>Every command of the protocol by what follows <c>$mq9.AI.</c> in its subject; a verb that ends with a dot takes an argument.</summary>
internal sealed class Mq9Commands
{
    private readonly (string Verb, IMq9Command Command)[] _table;

    /// <param name="bytesMax">Of an answer.</param>
    public Mq9Commands(
        IStorageClient storage, MailboxStore mailboxes, PublicMailboxes publicMailboxes, AgentDirectories agents, ISemanticSearch semantic, WaitSlots waits, Mq9Options options,
        long bytesMax, TimeProvider time)
    {
        var delete = new DeleteCommand(mailboxes);
        _table =
        [
            ("MSG.SEND.", new SendCommand(mailboxes)),
            ("MSG.FETCH.", new FetchCommand(new StatelessFetch(mailboxes, bytesMax), new GroupFetch(storage.Consumers, options.AckDurability, bytesMax), waits)),
            ("MSG.ACK.", new AckCommand(storage.Consumers, mailboxes)),
            ("MSG.QUERY.", new QueryCommand(mailboxes, bytesMax)),
            ("MSG.DELETE.", delete),
            ("MAILBOX.CREATE", new CreateCommand(mailboxes, publicMailboxes, options)),
            ("AGENT.REGISTER", new RegisterCommand(agents, options)),
            ("AGENT.UNREGISTER", new UnregisterCommand(agents, options)),
            ("AGENT.REPORT", new ReportCommand(agents, options)),
            ("AGENT.DISCOVER", new DiscoverCommand(agents, semantic, bytesMax)),

            // The earlier form, subscriptions apart (MailboxSubscriptions).
            ("MAILBOX.MSG.", new MailboxSendCommand(mailboxes)),
            ("MAILBOX.LIST.", new ListCommand(mailboxes, bytesMax)),
            ("MAILBOX.DELETE.", delete),
            ("PUBLIC.LIST", new PublicListCommand(publicMailboxes, time, bytesMax)),
        ];
    }

    /// <param name="rest">Of the subject, behind the protocol's prefix.</param>
    /// <param name="argument">Not empty for a verb that takes one.</param>
    public IMq9Command? Find(string rest, out string argument)
    {
        foreach (var (verb, command) in _table)
        {
            var takesArgument = verb[^1] == '.';
            if (takesArgument ? rest.Length > verb.Length && rest.StartsWith(verb, StringComparison.Ordinal) : rest == verb)
            {
                argument = rest[verb.Length..];
                return command;
            }
        }
        argument = string.Empty;
        return null;
    }
}
