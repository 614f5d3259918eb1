using static RobustMQ.Mqtt.Protocol.Properties.PropertyId;

namespace RobustMQ.Mqtt.Protocol.Properties;

/// <summary>The table of 5.0 section 2.2.2.2: each property's type and the packets it may stand in; and the values that sections 3.1 to 3.15 forbid.</summary>
internal static class PropertyRules
{
    private const PropertyOwner Message = PropertyOwner.Publish | PropertyOwner.Will;

    private static readonly (PropertyType Type, PropertyOwner Owners)[] Table = CreateTable();

    public static PropertyType TypeOf(PropertyId id) => (int)id < Table.Length ? Table[(int)id].Type : PropertyType.None;

    public static bool IsAllowed(PropertyId id, PropertyOwner owner) => (Table[(int)id].Owners & owner) != 0;

    /// <summary>May stand more than once: user properties anywhere; subscription identifiers in a PUBLISH of the server.</summary>
    public static bool IsRepeatable(PropertyId id, PropertyOwner owner) => id == UserProperty || (id == SubscriptionIdentifier && owner == PropertyOwner.Publish);

    /// <summary>Success where the value may be that.</summary>
    public static ReasonCode Check(in Property property) => property.Id switch
    {
        PayloadFormatIndicator or RequestProblemInformation or RequestResponseInformation or MaximumQos or RetainAvailable or WildcardSubscriptionAvailable
            or SubscriptionIdentifierAvailable or SharedSubscriptionAvailable when property.Number > 1 => ReasonCode.ProtocolError,
        ReceiveMaximum or MaximumPacketSize or SubscriptionIdentifier when property.Number == 0 => ReasonCode.ProtocolError,
        TopicAlias when property.Number == 0 => ReasonCode.TopicAliasInvalid,
        // Answers go to one topic (3.3.2.3.5).
        ResponseTopic when property.Value.ContainsAny((byte)'+', (byte)'#') => ReasonCode.ProtocolError,
        _ => ReasonCode.Success,
    };

    private static (PropertyType, PropertyOwner)[] CreateTable()
    {
        var table = new (PropertyType, PropertyOwner)[(int)SharedSubscriptionAvailable + 1];
        table[(int)PayloadFormatIndicator] = (PropertyType.Byte, Message);
        table[(int)MessageExpiryInterval] = (PropertyType.UInt32, Message);
        table[(int)ContentType] = (PropertyType.Text, Message);
        table[(int)ResponseTopic] = (PropertyType.Text, Message);
        table[(int)CorrelationData] = (PropertyType.Binary, Message);
        table[(int)SubscriptionIdentifier] = (PropertyType.Variable, PropertyOwner.Publish | PropertyOwner.Subscribe);
        table[(int)SessionExpiryInterval] = (PropertyType.UInt32, PropertyOwner.Connect | PropertyOwner.ConnAck | PropertyOwner.Disconnect);
        table[(int)AssignedClientIdentifier] = (PropertyType.Text, PropertyOwner.ConnAck);
        table[(int)ServerKeepAlive] = (PropertyType.UInt16, PropertyOwner.ConnAck);
        table[(int)AuthenticationMethod] = (PropertyType.Text, PropertyOwner.Connect | PropertyOwner.ConnAck | PropertyOwner.Auth);
        table[(int)AuthenticationData] = (PropertyType.Binary, PropertyOwner.Connect | PropertyOwner.ConnAck | PropertyOwner.Auth);
        table[(int)RequestProblemInformation] = (PropertyType.Byte, PropertyOwner.Connect);
        table[(int)WillDelayInterval] = (PropertyType.UInt32, PropertyOwner.Will);
        table[(int)RequestResponseInformation] = (PropertyType.Byte, PropertyOwner.Connect);
        table[(int)ResponseInformation] = (PropertyType.Text, PropertyOwner.ConnAck);
        table[(int)ServerReference] = (PropertyType.Text, PropertyOwner.ConnAck | PropertyOwner.Disconnect);
        table[(int)ReasonString] = (PropertyType.Text, PropertyOwner.ConnAck | PropertyOwner.Acknowledgement | PropertyOwner.Disconnect | PropertyOwner.Auth);
        table[(int)ReceiveMaximum] = (PropertyType.UInt16, PropertyOwner.Connect | PropertyOwner.ConnAck);
        table[(int)TopicAliasMaximum] = (PropertyType.UInt16, PropertyOwner.Connect | PropertyOwner.ConnAck);
        table[(int)TopicAlias] = (PropertyType.UInt16, PropertyOwner.Publish);
        table[(int)MaximumQos] = (PropertyType.Byte, PropertyOwner.ConnAck);
        table[(int)RetainAvailable] = (PropertyType.Byte, PropertyOwner.ConnAck);
        table[(int)UserProperty] = (PropertyType.TextPair, (PropertyOwner)~0);
        table[(int)MaximumPacketSize] = (PropertyType.UInt32, PropertyOwner.Connect | PropertyOwner.ConnAck);
        table[(int)WildcardSubscriptionAvailable] = (PropertyType.Byte, PropertyOwner.ConnAck);
        table[(int)SubscriptionIdentifierAvailable] = (PropertyType.Byte, PropertyOwner.ConnAck);
        table[(int)SharedSubscriptionAvailable] = (PropertyType.Byte, PropertyOwner.ConnAck);
        return table;
    }
}
