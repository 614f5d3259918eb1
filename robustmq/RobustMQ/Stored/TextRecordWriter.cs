using System.Text;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Offline;

namespace RobustMQ.Stored;

/// <summary>For people: <c>offset time key value {header: value}</c>. Bytes that are no text are hexadecimal, a value that is null is <c>(null)</c>.</summary>
internal sealed class TextRecordWriter(TextWriter output) : IRecordWriter
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public void WriteBatch(StoredBatch batch)
    {
        var header = new RecordBatchHeader(batch.Bytes.Span);
        output.WriteLine(
            $"offsets {header.BaseOffset} to {header.LastOffset}, {header.RecordCount} records, {batch.Bytes.Length} bytes at {batch.Position}, {header.Compression}, "
            + $"epoch {header.LeaderEpoch}, producer {header.ProducerId} epoch {header.ProducerEpoch} sequence {header.BaseSequence}");
    }

    public void WriteRecord(in Record record)
    {
        output.Write($"{record.Offset} {TimeOf(record.TimestampMs)} {TextOf(record.Key, record.HasKey)} {TextOf(record.Value, record.HasValue)}");
        foreach (var header in record.Headers)
            output.Write($" {{{TextOf(header.Name, true)}: {TextOf(header.Value, header.HasValue)}}}");
        output.WriteLine();
    }

    private static string TimeOf(long timestampMs) =>
        timestampMs >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && timestampMs <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? DateTimeOffset.FromUnixTimeMilliseconds(timestampMs).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", null)
            : $"{timestampMs}";

    private static string TextOf(ReadOnlySpan<byte> bytes, bool isThere)
    {
        if (!isThere)
            return "(null)";
        try
        {
            return Escape(Strict.GetString(bytes));
        }
        catch (DecoderFallbackException)
        {
            return "0x" + Convert.ToHexStringLower(bytes);
        }
    }

    /// <summary>What is stored must not steer the terminal, nor look like another line.</summary>
    private static string Escape(string text)
    {
        if (!text.Any(char.IsControl))
            return text;
        var escaped = new StringBuilder();
        foreach (var character in text)
            escaped.Append(char.IsControl(character) ? $"\\u{(int)character:x4}" : $"{character}");
        return $"{escaped}";
    }
}
