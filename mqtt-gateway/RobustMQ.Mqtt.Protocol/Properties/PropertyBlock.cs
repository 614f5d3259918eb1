namespace RobustMQ.Mqtt.Protocol.Properties;

/// <summary>The properties of one packet, as they stand on the wire without their length. Enumerating decodes one at a time; malformed bytes end it.</summary>
public readonly ref struct PropertyBlock(ReadOnlySpan<byte> encoded)
{
    public ReadOnlySpan<byte> Encoded { get; } = encoded;

    public bool IsEmpty => Encoded.IsEmpty;

    public Enumerator GetEnumerator() => new(Encoded);

    /// <summary>
    /// Whether everything in the block may stand in this packet: known, whole, allowed there, once unless repeatable, with a value that is not forbidden.
    /// </summary>
    /// <returns><see cref="ReasonCode.Success"/>, or what the packet is refused with.</returns>
    public ReasonCode Check(PropertyOwner owner)
    {
        var seen = 0UL;
        var properties = GetEnumerator();
        while (properties.MoveNext())
        {
            var property = properties.Current;
            if (!PropertyRules.IsAllowed(property.Id, owner))
                return ReasonCode.ProtocolError;
            var bit = 1UL << (int)property.Id;
            if ((seen & bit) != 0 && !PropertyRules.IsRepeatable(property.Id, owner))
                return ReasonCode.ProtocolError;
            seen |= bit;
            var reason = PropertyRules.Check(property);
            if (reason != ReasonCode.Success)
                return reason;
        }
        return properties.IsMalformed ? ReasonCode.MalformedPacket : ReasonCode.Success;
    }

    /// <summary>First property of this identifier.</summary>
    public bool TryGet(PropertyId id, out Property found)
    {
        foreach (var property in this)
        {
            if (property.Id == id)
            {
                found = property;
                return true;
            }
        }
        found = default;
        return false;
    }

    /// <summary>An integer property's value, or what it is when absent.</summary>
    public uint Number(PropertyId id, uint absent) => TryGet(id, out var property) ? property.Number : absent;

    public ref struct Enumerator(ReadOnlySpan<byte> encoded)
    {
        private WireReader _reader = new(encoded);

        public Property Current { get; private set; }

        /// <summary>The enumeration ended before the block did.</summary>
        public bool IsMalformed { get; private set; }

        /// <summary>Bytes that are not read yet.</summary>
        public readonly ReadOnlySpan<byte> Rest => _reader.Rest;

        public bool MoveNext()
        {
            if (_reader.IsEnd || IsMalformed)
                return false;
            if (TryRead())
                return true;
            IsMalformed = true;
            return false;
        }

        private bool TryRead()
        {
            // Identifiers are variable integers; all that exist fit one byte.
            if (!_reader.TryReadVariable(out var number) || number > byte.MaxValue)
                return false;
            var id = (PropertyId)number;
            switch (PropertyRules.TypeOf(id))
            {
                case PropertyType.Byte when _reader.TryReadByte(out var value):
                    Current = new Property { Id = id, Number = value };
                    return true;
                case PropertyType.UInt16 when _reader.TryReadUInt16(out var value):
                    Current = new Property { Id = id, Number = value };
                    return true;
                case PropertyType.UInt32 when _reader.TryReadUInt32(out var value):
                    Current = new Property { Id = id, Number = value };
                    return true;
                case PropertyType.Variable when _reader.TryReadVariable(out var value):
                    Current = new Property { Id = id, Number = (uint)value };
                    return true;
                case PropertyType.Text when _reader.TryReadText(out var value):
                    Current = new Property { Id = id, Value = value };
                    return true;
                case PropertyType.Binary when _reader.TryReadBinary(out var value):
                    Current = new Property { Id = id, Value = value };
                    return true;
                case PropertyType.TextPair when _reader.TryReadText(out var name) && _reader.TryReadText(out var value):
                    Current = new Property { Id = id, Name = name, Value = value };
                    return true;
                default:
                    return false;
            }
        }
    }
}
