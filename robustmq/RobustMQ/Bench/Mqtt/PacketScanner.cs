using System.Buffers.Binary;

namespace RobustMQ.Bench.Mqtt;

/// <summary>Finds packets by their fixed headers.</summary>
internal static class PacketScanner
{
    /// <param name="length">Of the whole packet, which is there.</param>
    public static bool TryTake(ReadOnlySpan<byte> input, out int length)
    {
        length = 0;
        for (var at = 1; at < input.Length && at < 5; at++)
        {
            length |= (input[at] & 0x7F) << (7 * (at - 1));
            if ((input[at] & 0x80) != 0)
                continue;
            length += at + 1;
            return input.Length >= length;
        }
        return false;
    }

    /// <summary>Counts whole packets of a type.</summary>
    /// <param name="answers">PUBACKs for PUBLISH packets at QoS 1 are added; null: none are due.</param>
    public static int Count(ReadOnlySpan<byte> input, byte type, List<byte>? answers, out int consumed)
    {
        var count = 0;
        consumed = 0;
        while (TryTake(input[consumed..], out var length))
        {
            var packet = input.Slice(consumed, length);
            consumed += length;
            if ((packet[0] & 0xF0) != type)
                continue;
            count++;
            if (answers is null || (packet[0] & 0x06) != 2)
                continue;
            var topicAt = 2;
            while ((packet[topicAt - 1] & 0x80) != 0)
                topicAt++;
            var idAt = topicAt + 2 + BinaryPrimitives.ReadUInt16BigEndian(packet[topicAt..]);
            answers.AddRange([0x40, 2, packet[idAt], packet[idAt + 1]]);
        }
        return count;
    }
}
