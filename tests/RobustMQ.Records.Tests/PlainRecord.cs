using System.Text;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests;

/// <summary>A record with bytes of its own, to compare with.</summary>
internal sealed record PlainRecord(
    long Offset, long TimestampMs, byte[]? Key, byte[]? Value, PlainHeader[] Headers, RecordAttributes Attributes = RecordAttributes.None)
{
    /// <summary>Reads all records and asserts that they were well-formed.</summary>
    public static List<PlainRecord> ReadAll(RecordReader reader)
    {
        var records = new List<PlainRecord>();
        while (reader.MoveNext())
            records.Add(From(reader.Current));
        Assert.False(reader.IsMalformed);
        return records;
    }

    public static PlainRecord From(RobustMQ.Records.Batches.Record record)
    {
        var headers = new List<PlainHeader>();
        foreach (var header in record.Headers)
            headers.Add(new PlainHeader(Encoding.UTF8.GetString(header.Name), header.HasValue ? header.Value.ToArray() : null));
        return new PlainRecord(
            record.Offset.Value,
            record.TimestampMs,
            record.HasKey ? record.Key.ToArray() : null,
            record.HasValue ? record.Value.ToArray() : null,
            [.. headers],
            record.Attributes);
    }

    public static void AssertEqual(IReadOnlyList<PlainRecord> expected, IReadOnlyList<PlainRecord> actual) =>
        Assert.Equal(expected.Select(Describe), actual.Select(Describe));

    public static string Describe(PlainRecord record) =>
        $"{record.Offset} {record.TimestampMs} {record.Attributes} {Hex(record.Key)} {Hex(record.Value)} "
        + string.Join(',', record.Headers.Select(header => $"{header.Name}={Hex(header.Value)}"));

    private static string Hex(byte[]? bytes) => bytes is null ? "null" : $"<{Convert.ToHexString(bytes)}>";
}
