using System.Text;
using RobustMQ.Nats.Gateway.Mq9.Mailboxes;
using RobustMQ.Nats.Gateway.Mq9.Messages;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

public sealed class JsonFieldsTests
{
    private const string Valid = """{"group_name":"g","deliver":"from_id","from_id":5,"force_deliver":true,"config":{"num_msgs":7,"max_wait_ms":0,"lease_ms":1000}}""";

    [Fact]
    public void Every_field_is_read()
    {
        var options = FetchOptions.Parse(Encoding.UTF8.GetBytes(Valid), out var mistake);

        Assert.Null(mistake);
        Assert.Equal(("g", DeliverPolicy.FromId, 5L, true, 7), (options.Group, options.Deliver, options.FromId, options.ForceDeliver, options.Count));
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(1)), (options.MaxWait, options.Lease));
    }

    [Theory]
    [InlineData("""{"from_id":1e3,"deliver":"from_id"}""", 1000)]
    [InlineData("""{"from_id":2.0,"deliver":"from_id"}""", 2)]
    [InlineData("""{"from_id":9223372036854775807,"deliver":"from_id"}""", long.MaxValue)]
    public void Whole_numbers_may_be_written_as_a_script_writes_them(string json, long expected)
    {
        Assert.Equal(expected, FetchOptions.Parse(Encoding.UTF8.GetBytes(json), out var mistake).FromId);
        Assert.Null(mistake);
    }

    [Fact]
    public void No_bytes_make_it_throw()
    {
        var random = new Random(20_261);
        var valid = Encoding.UTF8.GetBytes(Valid);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = valid.ToArray();
            for (var change = random.Next(1, 6); change > 0; change--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var part = bytes.AsMemory(0, random.Next(bytes.Length + 1));
            FetchOptions.Parse(part, out _);
            QueryOptions.Parse(part, out _);
        }
        FetchOptions.Parse(Encoding.UTF8.GetBytes(new string('[', 100_000)), out var depth);
        Assert.NotNull(depth);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a.b.0", true)]
    [InlineData("", false)]
    [InlineData(".a", false)]
    [InlineData("a.", false)]
    [InlineData("a..b", false)]
    [InlineData("A", false)]
    [InlineData("a b", false)]
    [InlineData("*", false)]
    public void Addresses_are_what_the_protocol_says(string text, bool isValid) => Assert.Equal(isValid, MailAddress.IsValid(text));

    [Fact]
    public void Generated_addresses_are_valid_and_differ()
    {
        var addresses = Enumerable.Range(0, 1000).Select(_ => MailAddress.Generate()).ToHashSet();

        Assert.Equal(1000, addresses.Count);
        Assert.All(addresses, address => Assert.True(MailAddress.IsValid(address) && address.Length == 20));
    }
}
