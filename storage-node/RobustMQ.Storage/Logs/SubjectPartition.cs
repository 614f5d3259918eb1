using System.Buffers.Binary;

namespace RobustMQ.Storage.Logs;

/// <summary>Where a record that is addressed by subject goes: murmur2 of the key modulo the number of partitions, as Kafka's clients place keys.</summary>
internal static class SubjectPartition
{
    private const uint Seed = 0x9747b28c;
    private const uint Mix = 0x5bd1e995;

    public static int Of(ReadOnlySpan<byte> key, int partitions) => partitions == 1 ? 0 : (int)(Hash(key) & int.MaxValue) % partitions;

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = Seed ^ (uint)key.Length;
        for (; key.Length >= 4; key = key[4..])
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(key) * Mix;
            hash = (hash * Mix) ^ ((word ^ (word >> 24)) * Mix);
        }
        if (key.Length > 2)
            hash ^= (uint)key[2] << 16;
        if (key.Length > 1)
            hash ^= (uint)key[1] << 8;
        if (key.Length > 0)
            hash = (hash ^ key[0]) * Mix;
        hash = (hash ^ (hash >> 13)) * Mix;
        return hash ^ (hash >> 15);
    }
}
