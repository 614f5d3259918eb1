using System.Buffers.Binary;

namespace RobustMQ.Records;

/// <summary>Which partition a key belongs to: Kafka's default, murmur2 of the key with the sign bit cleared, modulo the number of partitions.</summary>
public static class Partitioner
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;
    private const int Rotation = 24;

    public static int PartitionOf(ReadOnlySpan<byte> key, int partitions) => (int)(Murmur2(key) & 0x7fffffff) % partitions;

    /// <summary>MurmurHash2, 32 bits, as Kafka's clients compute it.</summary>
    public static uint Murmur2(ReadOnlySpan<byte> key)
    {
        var hash = Seed ^ (uint)key.Length;
        while (key.Length >= sizeof(uint))
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(key) * Multiplier;
            word ^= word >> Rotation;
            hash = (hash * Multiplier) ^ (word * Multiplier);
            key = key[sizeof(uint)..];
        }
        if (key.Length >= 3)
            hash ^= (uint)key[2] << 16;
        if (key.Length >= 2)
            hash ^= (uint)key[1] << 8;
        if (key.Length >= 1)
            hash = (hash ^ key[0]) * Multiplier;
        hash ^= hash >> 13;
        hash *= Multiplier;
        return hash ^ (hash >> 15);
    }
}
