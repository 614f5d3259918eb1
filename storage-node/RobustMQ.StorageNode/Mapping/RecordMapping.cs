using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Mapping;

/// <summary>Records in full, for callers that do not want to handle batches.</summary>
internal static class RecordMapping
{
    /// <summary>A compressed batch opens to no more than this.</summary>
    private const int OpenedBytesMax = 64 << 20;

    /// <summary>Encodes records into one batch.</summary>
    /// <param name="subject">Becomes the key of every record; null: records have keys of their own.</param>
    /// <param name="nowMs">For records without a timestamp.</param>
    public static void Encode(RecordBatchBuilder builder, RepeatedField<Proto.Record> records, byte[]? subject, long nowMs)
    {
        var headers = new RecordHeadersBuilder();
        foreach (var record in records)
        {
            headers.Clear();
            foreach (var header in record.Headers)
                Add(headers, header);
            var key = subject ?? (record.HasKey ? record.Key.ToByteArray() : null);
            if (record.KeyIsSubject && (key is null || !SubjectRules.IsSubject(key)))
                throw new FormatException("a record's key is no subject");
            builder.AppendNullable(
                record.TimestampMs == 0 ? nowMs : record.TimestampMs,
                subject is not null || record.KeyIsSubject ? RecordAttributes.KeyIsSubject : default,
                key,
                record.HasValue ? record.Value.ToByteArray() : null,
                headers);
        }
    }

    /// <summary>Decodes batches; leaves out records before an offset, which a reader did not ask for.</summary>
    /// <returns>False where a batch cannot be opened: what comes before it was decoded.</returns>
    public static bool TryDecode(ReadOnlyMemory<byte> batches, Offset from, RepeatedField<Proto.Record> records)
    {
        var reader = new BatchReader(batches);
        while (reader.MoveNext())
        {
            var batch = reader.Current;
            using var opened = RecordDecompressor.Open(batch, OpenedBytesMax);
            if (!opened.Succeeded || !TryDecode(new RecordReader(batch.Span, opened.Records.Span), from, records))
                return false;
        }
        return !reader.IsMalformed;
    }

    private static bool TryDecode(RecordReader reader, Offset from, RepeatedField<Proto.Record> records)
    {
        while (reader.MoveNext())
        {
            if (reader.Current.Offset.Value >= from.Value)
                records.Add(ToMessage(reader.Current));
        }
        return !reader.IsMalformed;
    }

    private static Proto.Record ToMessage(in Record record)
    {
        var message = new Proto.Record { Offset = record.Offset.Value, TimestampMs = record.TimestampMs, KeyIsSubject = record.KeyIsSubject };
        if (record.HasKey)
            message.Key = ByteString.CopyFrom(record.Key);
        if (record.HasValue)
            message.Value = ByteString.CopyFrom(record.Value);
        foreach (var header in record.Headers)
        {
            var copy = new Proto.RecordHeader { Name = Encoding.UTF8.GetString(header.Name) };
            if (header.HasValue)
                copy.Value = ByteString.CopyFrom(header.Value);
            message.Headers.Add(copy);
        }
        return message;
    }

    private static void Add(RecordHeadersBuilder headers, Proto.RecordHeader header)
    {
        var name = Encoding.UTF8.GetBytes(header.Name);
        if (header.HasValue)
            headers.Add(name, header.Value.Span);
        else
            headers.AddNull(name);
    }
}
