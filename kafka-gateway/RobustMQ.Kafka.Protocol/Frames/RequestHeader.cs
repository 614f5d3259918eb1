using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Frames;

/// <summary>
/// What stands in front of every request, behind the frame's length. Version 1 is <c>api_key i16 | api_version i16 | correlation_id i32 | client_id nullable string</c>;
/// version 2, of flexible requests, adds tagged fields, and its client id keeps the plain length.
/// </summary>
public readonly record struct RequestHeader(short ApiKey, short ApiVersion, int CorrelationId, string? ClientId, int Length)
{
    /// <summary>Bytes up to and with the correlation id: enough to answer.</summary>
    public const int FixedBytes = 8;

    /// <summary>Reads the part that is the same for all versions, so that a request of an unknown version can be answered.</summary>
    public static bool TryReadFixed(ReadOnlyMemory<byte> frame, out RequestHeader header)
    {
        header = default;
        if (frame.Length < FixedBytes)
            return false;
        var reader = new WireReader(frame, 0, isFlexible: false);
        short key = 0, version = 0;
        var correlationId = 0;
        reader.Int16(ref key);
        reader.Int16(ref version);
        reader.Int32(ref correlationId);
        header = new RequestHeader(key, version, correlationId, null, FixedBytes);
        return true;
    }

    /// <summary>Reads the rest of the header.</summary>
    /// <param name="isFlexible">The request's version is a flexible one.</param>
    public bool TryReadRest(ReadOnlyMemory<byte> frame, bool isFlexible, out RequestHeader header)
    {
        string? clientId = null;
        var plain = new WireReader(frame[FixedBytes..], 0, isFlexible: false);
        plain.NullableText(ref clientId);
        header = this with { ClientId = clientId, Length = FixedBytes + plain.Position };
        if (plain.IsMalformed || !isFlexible)
            return !plain.IsMalformed;
        var tags = new WireReader(frame[header.Length..], 0, isFlexible: true);
        tags.Tags();
        header = header with { Length = header.Length + tags.Position };
        return !tags.IsMalformed;
    }
}
