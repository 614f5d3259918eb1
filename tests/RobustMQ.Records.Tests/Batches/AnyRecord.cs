using System.Text;
using CsCheck;
using RobustMQ.Records.Batches;

namespace RobustMQ.Records.Tests.Batches;

/// <summary>Random records, and the batch they make.</summary>
internal static class AnyRecord
{
    private static readonly Gen<byte[]?> Bytes = Gen.Frequency((1, Gen.Const((byte[]?)null)), (6, Gen.Byte.Array[0, 40].Select(bytes => (byte[]?)bytes)));

    private static readonly Gen<PlainHeader> Header = Gen.Select(Gen.String[Gen.Char["aä-rmq"], 0, 8], Bytes, (name, value) => new PlainHeader(name, value));

    private static readonly Gen<PlainRecord> One = Gen.Select(
        Gen.Long[-5_000_000_000, 5_000_000_000], Bytes, Bytes, Header.Array[0, 4], Gen.Bool,
        (time, key, value, headers, bySubject) =>
            new PlainRecord(0, time, key, value, headers, bySubject ? RecordAttributes.KeyIsSubject : RecordAttributes.None));

    /// <summary>One to a dozen records with offsets from 0.</summary>
    public static Gen<List<PlainRecord>> Some { get; } =
        One.List[1, 12].Select(records => records.Select((record, index) => record with { Offset = index }).ToList());

    public static byte[] Batch(IEnumerable<PlainRecord> records, ProducerState? producer = null)
    {
        using var builder = new RecordBatchBuilder();
        var headers = new RecordHeadersBuilder();
        foreach (var record in records)
        {
            headers.Clear();
            foreach (var header in record.Headers)
                Add(headers, header);
            builder.AppendNullable(record.TimestampMs, record.Attributes, record.Key, record.Value, headers);
        }
        return builder.Build(producer ?? ProducerState.None).ToArray();
    }

    private static void Add(RecordHeadersBuilder headers, PlainHeader header)
    {
        var name = Encoding.UTF8.GetBytes(header.Name);
        if (header.Value is null)
            headers.AddNull(name);
        else
            headers.Add(name, header.Value);
    }
}
