using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary>For tools: an object a line. Bytes that are no UTF-8 are under <c>NAME_base64</c>.</summary>
internal sealed class JsonRecordWriter(TextWriter output) : IRecordWriter
{
    private readonly ArrayBufferWriter<byte> _line = new();

    public void WriteBatch(StoredBatch batch)
    {
        var header = new RecordBatchHeader(batch.Bytes.Span);
        using (var json = Begin())
        {
            json.WriteNumber("base_offset", header.BaseOffset.Value);
            json.WriteNumber("last_offset", header.LastOffset.Value);
            json.WriteNumber("records", header.RecordCount);
            json.WriteNumber("bytes", batch.Bytes.Length);
            json.WriteNumber("position", batch.Position);
            json.WriteString("compression", $"{header.Compression}".ToLowerInvariant());
            json.WriteNumber("leader_epoch", header.LeaderEpoch.Value);
            json.WriteNumber("producer_id", header.ProducerId);
            json.WriteNumber("producer_epoch", header.ProducerEpoch);
            json.WriteNumber("base_sequence", header.BaseSequence);
            json.WriteEndObject();
        }
        End();
    }

    public void WriteRecord(in Record record)
    {
        using (var json = Begin())
        {
            json.WriteNumber("offset", record.Offset.Value);
            json.WriteNumber("timestamp_ms", record.TimestampMs);
            Write(json, "key", record.Key, record.HasKey);
            Write(json, "value", record.Value, record.HasValue);
            json.WriteBoolean("key_is_subject", record.KeyIsSubject);
            json.WriteStartArray("headers");
            foreach (var header in record.Headers)
            {
                json.WriteStartObject();
                Write(json, "name", header.Name, true);
                Write(json, "value", header.Value, header.HasValue);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        End();
    }

    private static void Write(Utf8JsonWriter json, string name, ReadOnlySpan<byte> bytes, bool isThere)
    {
        if (!isThere)
            json.WriteNull(name);
        else if (Utf8.IsValid(bytes))
            json.WriteString(name, bytes);
        else
            json.WriteBase64String(name + "_base64", bytes);
    }

    private Utf8JsonWriter Begin()
    {
        _line.ResetWrittenCount();
        var json = new Utf8JsonWriter(_line);
        json.WriteStartObject();
        return json;
    }

    private void End() => output.WriteLine(Encoding.UTF8.GetString(_line.WrittenSpan));
}
