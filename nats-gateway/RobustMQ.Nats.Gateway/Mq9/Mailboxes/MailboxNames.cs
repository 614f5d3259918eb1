using System.Text;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>
/// What things of mq9 are called in the storage API. A mailbox is the topic <c>_mq9.&lt;address&gt;</c>: internal, so that no listing tells the addresses, which are what protects a mailbox. Its one
/// filter lies among the live-only subjects, so that no publish of any protocol is routed into it.
/// </summary>
internal static class MailboxNames
{
    public static TopicName Agents { get; } = TopicName.Parse("_mq9-agents");

    public static TopicName PublicMailboxes { get; } = TopicName.Parse("_mq9-public");

    /// <summary>Bytes of a group's name, so that with the longest address a consumer's name still is one.</summary>
    public const int GroupBytesMax = 256;

    public static TopicName TopicOf(string address) => TopicName.Parse($"_mq9.{address}");

    public static SubjectFilter FilterOf(TopicName topic) => SubjectFilter.Parse($"$mq9.STORE.{topic.Value}");

    public static TopicPartition LogOf(Namespace ns, string address) => new(ns, TopicOf(address), 0);

    public static string ConsumerOf(string address, string group) => $"mq9/{address}/{group}";

    /// <summary>In words; null where the text names a group.</summary>
    public static string? FindGroupMistake(string group)
    {
        if (Encoding.UTF8.GetByteCount(group) > GroupBytesMax)
            return $"group_name is longer than {GroupBytesMax} bytes";
        foreach (var character in group)
        {
            if (char.IsControl(character))
                return "group_name holds a control character";
        }
        return null;
    }
}
