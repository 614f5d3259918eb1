using System.Buffers.Text;
using RobustMQ.Bench.Nats;

namespace RobustMQ.Bench.Mq9;

/// <summary>A group of a mailbox: FETCH, and ACK of the last message.</summary>
internal sealed class MailboxReader(StoreTarget mailbox, TimeSpan timeout) : IBatchReader
{
    private static ReadOnlySpan<byte> IdField => "\"msg_id\":"u8;

    private readonly Conversation _client = new(mailbox.Server, timeout);
    private string _group = string.Empty;

    public void Begin(int number) => _group = $"bench-{number}";

    public void Take(int count)
    {
        var request = $$$"""{"group_name":"{{{_group}}}","deliver":"earliest","config":{"num_msgs":{{{count}}},"max_wait_ms":5000}}""";
        var last = FindLast(_client.Ask($"$mq9.AI.MSG.FETCH.{mailbox.Name}", request), count);
        _client.Ask($"$mq9.AI.MSG.ACK.{mailbox.Name}", $$"""{"group_name":"{{_group}}","mail_address":"{{mailbox.Name}}","msg_id":{{last}}}""");
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Payloads are base 64, so the field's name does not occur in one.</summary>
    private static long FindLast(ReceivedMessage answer, int count)
    {
        var rest = answer.Payload;
        var found = 0;
        for (int at; (at = rest.IndexOf(IdField)) >= 0; found++)
            rest = rest[(at + IdField.Length)..];
        return found == count && Utf8Parser.TryParse(rest, out long id, out _) ? id : throw new IOException($"a FETCH brought {found} messages of {count}");
    }
}
