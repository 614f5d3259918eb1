using CsCheck;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Protocol.Tests;

public class PropertyTests
{
    public static TheoryData<PropertyId> All => new(Enum.GetValues<PropertyId>().Where(static id => id != PropertyId.None));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_property_comes_back_as_it_was_written_and_every_prefix_is_malformed(PropertyId id)
    {
        var block = Write(id).Encoded.ToArray();
        Assert.True(new PropertyBlock(block).TryGet(id, out var property));
        if (property.Value.IsEmpty)
            Assert.Equal(1u, property.Number);
        else
            Assert.Equal("value", Wire.Text(property.Value));
        for (var length = 1; length < block.Length; length++)
        {
            var properties = new PropertyBlock(block.AsSpan(0, length)).GetEnumerator();
            Assert.False(properties.MoveNext());
            Assert.True(properties.IsMalformed);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_property_is_refused_where_it_does_not_belong(PropertyId id)
    {
        var block = Write(id).Encoded.ToArray();
        var owners = Enum.GetValues<PropertyOwner>().Where(static owner => owner != PropertyOwner.None).ToList();
        var allowed = owners.Count(owner => new PropertyBlock(block).Check(owner) == ReasonCode.Success);

        Assert.InRange(allowed, 1, owners.Count);
        Assert.All(owners, owner => Assert.True(new PropertyBlock(block).Check(owner) is ReasonCode.Success or ReasonCode.ProtocolError));
        Assert.Equal(id == PropertyId.UserProperty, allowed == owners.Count);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Only_user_properties_and_a_servers_identifiers_repeat(PropertyId id)
    {
        var once = Write(id).Encoded.ToArray();
        byte[] twice = [.. once, .. once];
        foreach (var owner in Enum.GetValues<PropertyOwner>().Where(owner => owner != PropertyOwner.None && new PropertyBlock(once).Check(owner) == ReasonCode.Success))
        {
            var mayRepeat = id == PropertyId.UserProperty || (id == PropertyId.SubscriptionIdentifier && owner == PropertyOwner.Publish);
            Assert.Equal(mayRepeat ? ReasonCode.Success : ReasonCode.ProtocolError, new PropertyBlock(twice).Check(owner));
        }
    }

    [Fact]
    public void User_properties_keep_their_order_and_repeats() =>
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 0, 9], Gen.String[Gen.Char['a', 'é'], 0, 9]).List[0, 20].Sample(static pairs =>
        {
            var builder = new PropertyBlockBuilder();
            foreach (var (name, value) in pairs)
                builder.AddUser(Wire.Utf8(name), Wire.Utf8(value));
            var read = new List<(string, string)>();
            foreach (var property in builder.Block)
                read.Add((Wire.Text(property.Name), Wire.Text(property.Value)));
            Assert.Equal(pairs, read);
        });

    [Fact]
    public void Any_bytes_are_properties_or_malformed() => Gen.Byte.Array[0, 40].Sample(static bytes =>
    {
        var block = new PropertyBlock(bytes);
        var properties = block.GetEnumerator();
        while (properties.MoveNext())
            Assert.True(Enum.IsDefined(properties.Current.Id));
        Assert.Equal(properties.IsMalformed, !properties.Rest.IsEmpty || properties.IsMalformed);
        foreach (var owner in Enum.GetValues<PropertyOwner>())
            _ = block.Check(owner);
    });

    private static PropertyBlockBuilder Write(PropertyId id)
    {
        var builder = new PropertyBlockBuilder();
        if (id == PropertyId.UserProperty)
            return builder.AddUser("name"u8, "value"u8);
        try
        {
            return builder.Add(id, 1);
        }
        catch (ArgumentException)
        {
            return builder.Add(id, "value"u8);
        }
    }
}
