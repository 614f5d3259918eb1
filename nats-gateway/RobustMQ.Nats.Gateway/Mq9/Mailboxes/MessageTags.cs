using System.Text;
using RobustMQ.Nats.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Nats.Gateway.Mq9.Mailboxes;

/// <summary>The comma list of a message's <c>mq9-tags</c>.</summary>
internal static class MessageTags
{
    public const string HeaderName = "mq9-tags";

    /// <summary>Whether a message has one of these tags, UTF-8.</summary>
    public static bool HasAny(in Record record, IReadOnlyList<byte[]> tags)
    {
        foreach (var header in record.Headers)
        {
            if (IsTags(header.Name) ? HasAny(header.Value, tags) : header.Name.SequenceEqual(RecordHeaderNames.NatsHeaderBlock) && BlockHasAny(header.Value, tags))
                return true;
        }
        return false;
    }

    public static bool IsTags(ReadOnlySpan<byte> headerName) => Ascii.EqualsIgnoreCase(headerName, HeaderName);

    private static bool BlockHasAny(ReadOnlySpan<byte> block, IReadOnlyList<byte[]> tags)
    {
        foreach (var header in new NatsHeaderBlock(block))
        {
            if (IsTags(header.Name) && HasAny(header.Value, tags))
                return true;
        }
        return false;
    }

    private static bool HasAny(ReadOnlySpan<byte> list, IReadOnlyList<byte[]> tags)
    {
        foreach (var range in list.Split((byte)','))
        {
            var tag = list[range].Trim(" \t"u8);
            foreach (var wanted in tags)
            {
                if (!tag.IsEmpty && tag.SequenceEqual(wanted))
                    return true;
            }
        }
        return false;
    }
}
