using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Protocol.Tests;

public class TableTests
{
    public static TheoryData<string, long> Integers => new()
    {
        { "62FF", -1 }, { "42FF", 255 }, { "73FFFE", -2 }, { "75FFFE", 65534 }, { "49FFFFFFFD", -3 }, { "69FFFFFFFD", 4294967293 },
        { "6CFFFFFFFFFFFFFFFC", -4 }, { "4CFFFFFFFFFFFFFFFC", -4 }, { "7401", 1 }, { "540000000000000005", 5 },
    };

    [Theory]
    [MemberData(nameof(Integers))]
    public void Every_kind_of_integer_is_read(string value, long expected)
    {
        Assert.True(FieldTableReader.TryFind(Table(value), "k"u8, out var field));
        Assert.Equal(expected, field.Integer);
    }

    [Theory]
    [InlineData("663FC00000", 1.5)]
    [InlineData("643FF8000000000000", 1.5)]
    public void Every_kind_of_float_is_read(string value, double expected)
    {
        Assert.True(FieldTableReader.TryFind(Table(value), "k"u8, out var field));
        Assert.Equal(expected, field.Float);
    }

    [Theory]
    [InlineData("56")]
    [InlineData("440200000064")]
    [InlineData("5300000001FF")]
    [InlineData("7800000000")]
    [InlineData("4100000002" + "7401")]
    [InlineData("4600000004" + "016B7400")]
    public void Every_other_kind_is_walked(string value)
    {
        var table = Table(value);

        Assert.Equal(FieldStatus.Valid, FieldRules.CheckTable(table));
        for (var length = 1; length < table.Length; length++)
            Assert.Equal(FieldStatus.Malformed, FieldRules.CheckTable(table.AsSpan(0, length)));
    }

    [Theory]
    [InlineData("5A00")]
    [InlineData("53FFFFFFFF")]
    [InlineData("4600000004" + "016B5A00")]
    [InlineData("4100000002" + "5300")]
    public void A_type_that_is_none_and_a_length_that_lies_are_malformed(string value) => Assert.Equal(FieldStatus.Malformed, FieldRules.CheckTable(Table(value)));

    [Theory]
    [InlineData(FieldRules.DepthMax - 1, FieldStatus.Valid)]
    [InlineData(FieldRules.DepthMax, FieldStatus.TooDeep)]
    [InlineData(1000, FieldStatus.TooDeep)]
    public void Tables_within_tables_have_an_end(int levels, FieldStatus expected)
    {
        var writer = new FieldWriter();
        for (var level = 0; level < levels; level++)
            writer = new FieldWriter().AddTable("k", writer);

        Assert.Equal(expected, FieldRules.CheckTable(writer.Written));
    }

    [Fact]
    public void What_is_copied_field_by_field_stays_as_it_was()
    {
        var table = new FieldWriter().Add("text", "value").Add("yes", true).Add("number", 5).AddTimestamp("time", 7)
            .AddArray("list", new FieldWriter().AddItem("one").AddItem(FieldType.Void, default)).AddTable("table", new FieldWriter().Add("k", "v")).ToArray();

        var copy = new FieldWriter();
        var reader = new FieldTableReader(table);
        while (reader.MoveNext())
            copy.Add(reader.Name, reader.Value);

        Assert.False(reader.IsMalformed);
        Assert.Equal(table, copy.ToArray());
    }

    private static byte[] Table(string value) => [1, (byte)'k', .. Convert.FromHexString(value)];
}
