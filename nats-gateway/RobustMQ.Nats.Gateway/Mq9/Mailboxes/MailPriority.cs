using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>
/// The priority lane of a message, as <c>rmq-priority</c> says it. The protocol has two sets of words, <c>critical urgent normal</c> and, earlier, <c>high normal low</c>. Every word has a lane
/// of its own, in an order that holds within each set, so that a client gets back the word that was used.
/// </summary>
internal enum MailPriority
{
    /// <summary>Also of a record that says nothing: one that another protocol put into the topic.</summary>
    Low = 0,
    Normal = 1,
    Urgent = 2,
    High = 3,
    Critical = 4,
}

internal static class MailPriorities
{
    private static readonly string[] Words = ["low", "normal", "urgent", "high", "critical"];

    public static string Word(this MailPriority priority) => Words[(int)priority];

    /// <summary>In the words that a FETCH may use.</summary>
    public static string CurrentWord(this MailPriority priority) => priority switch
    {
        MailPriority.Low => "normal",
        MailPriority.High => "critical",
        _ => priority.Word(),
    };

    public static ReadOnlySpan<byte> HeaderValue(this MailPriority priority) => "01234"u8.Slice((int)priority, 1);

    public static MailPriority Of(in Record record) =>
        record.Headers.TryGet(RecordHeaderNames.Priority, out var lane) ? FromHeader(lane) : MailPriority.Low;

    /// <summary>Of a record's <c>rmq-priority</c>, whoever wrote it.</summary>
    private static MailPriority FromHeader(ReadOnlySpan<byte> value) =>
        System.Buffers.Text.Utf8Parser.TryParse(value, out byte lane, out var used) && used == value.Length
            ? (MailPriority)Math.Min((int)lane, (int)MailPriority.Critical)
            : MailPriority.Low;

    /// <summary>A word of the current form.</summary>
    public static bool TryParseCurrent(ReadOnlySpan<byte> word, out MailPriority priority) =>
        TryParse(word, out priority) && priority is MailPriority.Critical or MailPriority.Urgent or MailPriority.Normal;

    /// <summary>A word of either form.</summary>
    public static bool TryParse(ReadOnlySpan<byte> word, out MailPriority priority)
    {
        priority = MailPriority.Normal;
        for (var lane = 0; lane < Words.Length; lane++)
        {
            if (!Ascii.Equals(word, Words[lane]))
                continue;
            priority = (MailPriority)lane;
            return true;
        }
        return false;
    }
}
