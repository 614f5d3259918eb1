using System.Buffers.Binary;

namespace RobustMQ.Records.Batches.Codecs;

/// <summary>What stands in front of an LZ4 frame's blocks.</summary>
internal readonly struct Lz4FrameHeader
{
    private const uint Magic = 0x184D2204;
    private const int FlagsAt = 4;
    private const int BlockDescriptorAt = 5;
    private const int ContentSizeAt = 6;
    private const int SizeMin = 7;

    private const int VersionMask = 0xC0;
    private const int Version1 = 0x40;
    private const int IndependentFlag = 0x20;
    private const int BlockChecksumFlag = 0x10;
    private const int ContentSizeFlag = 0x08;
    private const int ContentChecksumFlag = 0x04;
    private const int DictionaryFlag = 0x01;
    private const int ReservedFlag = 0x02;
    private const int ReservedDescriptorMask = 0x8F;

    private Lz4FrameHeader(byte flags, int blockBytesMax, ulong? contentBytes)
    {
        Size = SizeMin + (contentBytes is null ? 0 : sizeof(ulong));
        BlocksAreLinked = (flags & IndependentFlag) == 0;
        HasBlockChecksums = (flags & BlockChecksumFlag) != 0;
        HasContentChecksum = (flags & ContentChecksumFlag) != 0;
        BlockBytesMax = blockBytesMax;
        ContentBytes = contentBytes;
    }

    /// <summary>Bytes of this header.</summary>
    public int Size { get; }

    public bool BlocksAreLinked { get; }

    public bool HasBlockChecksums { get; }

    public bool HasContentChecksum { get; }

    /// <summary>64 KiB, 256 KiB, 1 MiB or 4 MiB.</summary>
    public int BlockBytesMax { get; }

    /// <summary>Null where the frame does not say.</summary>
    public ulong? ContentBytes { get; }

    public static bool TryRead(ReadOnlySpan<byte> source, out Lz4FrameHeader header)
    {
        header = default;
        if (source.Length < SizeMin || BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic)
            return false;
        var flags = source[FlagsAt];
        var descriptor = source[BlockDescriptorAt];
        var blockSizeCode = descriptor >> 4;
        if ((flags & VersionMask) != Version1 || (flags & (DictionaryFlag | ReservedFlag)) != 0
            || (descriptor & ReservedDescriptorMask) != 0 || blockSizeCode < 4)
            return false;
        ulong? contentBytes = null;
        if ((flags & ContentSizeFlag) != 0)
        {
            if (source.Length < SizeMin + sizeof(ulong))
                return false;
            contentBytes = BinaryPrimitives.ReadUInt64LittleEndian(source[ContentSizeAt..]);
        }
        header = new Lz4FrameHeader(flags, 1 << (8 + 2 * blockSizeCode), contentBytes);
        var checksumAt = header.Size - 1;
        return source[checksumAt] == (byte)(XxHash32.Compute(source[FlagsAt..checksumAt]) >> 8);
    }
}
