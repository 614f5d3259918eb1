using System.Globalization;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Logs;

namespace RobustMQ.Nats.Gateway.Mq9.EarlierForm;

/// <summary><c>MAILBOX.LIST.{id}</c>: what lies in a mailbox, without payloads, in the order of delivery. As many as fit into one answer.</summary>
internal sealed class ListCommand(MailboxStore mailboxes, long bytesMax) : IMq9Command
{
    private const int ItemBytesMax = 80;

    public async ValueTask RunAsync(Mq9Call call)
    {
        var address = call.Argument;
        if (!MailAddress.IsValid(address))
        {
            call.Answer.Fail(Mq9Errors.NoMailbox(address));
            return;
        }
        call.Answer.Json.WriteString("mail_id"u8, address);
        call.Answer.Json.WriteStartArray("messages"u8);
        var request = new ReadRequest { Log = MailboxNames.LogOf(call.Namespace, address), ByPriority = true, Start = ReadStart.First };
        while (call.Answer.Bytes + ItemBytesMax <= bytesMax)
        {
            using var page = await mailboxes.ReadAsync(request, call.ClientGone).ConfigureAwait(false);
            if (!page.Succeeded)
            {
                call.Answer.Fail(Mq9Errors.Storage(page.Error, address));
                return;
            }
            if (page.Batches.IsEmpty)
                break;
            Write(call.Answer, page.Batches);
            request = request with { Start = ReadStart.Offset, Offset = page.NextOffset, LanePositions = page.LanePositions };
        }
        call.Answer.Json.WriteEndArray();
    }

    private void Write(Mq9Answer answer, ReadOnlyMemory<byte> batches)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            using var opened = RecordDecompressor.Open(reader.Current, MessageList.OpenedBytesMax);
            if (!opened.Succeeded)
                continue;
            var records = new RecordReader(reader.Current.Span, opened.Records.Span);
            while (records.MoveNext() && answer.Bytes + ItemBytesMax <= bytesMax)
            {
                var priority = MailPriorities.Of(records.Current);
                answer.Json.WriteStartObject();
                answer.Json.WriteString("msg_id"u8, records.Current.Offset.Value.ToString(CultureInfo.InvariantCulture));
                answer.Json.WriteString("priority"u8, priority.Word());
                answer.Json.WriteNumber("ts"u8, records.Current.TimestampMs / 1000);
                answer.Json.WriteEndObject();
            }
        }
    }
}
