namespace RobustMQ.Records.Batches;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4), as fast as the processor allows: folded with carry-less multiplications where it has them, with its checksum instruction alone otherwise.</summary>
public static class Crc32C
{
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        if (bytes.Length >= Crc32CFolding.BytesMin && Crc32CFolding.IsSupported)
            crc = Crc32CFolding.Add(crc, ref bytes);
        return ~Crc32CLanes.Add(crc, bytes);
    }
}
