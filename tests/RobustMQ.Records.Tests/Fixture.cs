using System.Text;

namespace RobustMQ.Records.Tests;

/// <summary>Batches from the Fixtures folder, and the records that are in them.</summary>
internal static class Fixture
{
    public const long BaseTimestampMs = 1_700_000_000_000;

    public const int LinesInText = 1700;

    public static byte[] Read(string name)
    {
        using var stream = typeof(Fixture).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var reader = new StreamReader(stream);
        return Convert.FromHexString(reader.ReadToEnd().ReplaceLineEndings(string.Empty));
    }

    public static byte[] Text()
    {
        var text = new StringBuilder();
        for (var i = 0; i < LinesInText; i++)
            text.Append($"line {i:D5} of a text that repeats itself\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>The records of a fixture, with or without the large one.</summary>
    public static List<PlainRecord> Records(bool withText)
    {
        List<PlainRecord> records =
        [
            new(0, BaseTimestampMs, "orders.eu.42"u8.ToArray(), "sixteen bytes ok"u8.ToArray(), []),
            new(1, BaseTimestampMs + 5, null, "no key"u8.ToArray(), []),
            new(2, BaseTimestampMs - 7, "gone"u8.ToArray(), null, []),
            new(3, BaseTimestampMs + 70_000, [], [], [new("h", "1"u8.ToArray()), new("h", "2"u8.ToArray()), new("empty", [])]),
        ];
        if (withText)
            records.Add(new(4, BaseTimestampMs + 70_001, "big"u8.ToArray(), Text(), []));
        return records;
    }
}
