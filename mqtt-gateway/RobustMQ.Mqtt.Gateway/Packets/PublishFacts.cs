using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>What the gateway itself looks for among a publish's properties.</summary>
/// <param name="Alias">0: none.</param>
/// <param name="AliasAt">Where the alias stands in the block.</param>
/// <param name="IsText">The publisher says that the payload is UTF-8.</param>
/// <param name="ExpiryAt">Where the seconds of its life stand in the block; 0: it lives for ever.</param>
internal readonly record struct PublishFacts(ushort Alias, int AliasAt, bool IsText, int ExpiryAt)
{
    public static PublishFacts Of(PropertyBlock properties)
    {
        var facts = default(PublishFacts);
        var each = properties.GetEnumerator();
        var at = 0;
        while (each.MoveNext())
        {
            if (each.Current.Id == PropertyId.TopicAlias)
                facts = facts with { Alias = (ushort)each.Current.Number, AliasAt = at };
            else if (each.Current is { Id: PropertyId.PayloadFormatIndicator, Number: 1 })
                facts = facts with { IsText = true };
            else if (each.Current.Id == PropertyId.MessageExpiryInterval)
                facts = facts with { ExpiryAt = at + 1 };
            at = properties.Encoded.Length - each.Rest.Length;
        }
        return facts;
    }
}
