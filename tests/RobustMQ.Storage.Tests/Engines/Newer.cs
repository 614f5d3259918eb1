using System.Buffers.Binary;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Tests.Disk;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>Makes a file look as if a later build had written it: version raised, checksum right.</summary>
internal static class Newer
{
    private const int VersionAt = 4;

    public static void Version(FaultyFile file, string suffix)
    {
        var bytes = file.Current.AsSpan(0, file.Length).ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(VersionAt), 2);
        switch (suffix)
        {
            case SegmentNames.IndexSuffix:
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(68), Crc32C.Compute(bytes.AsSpan(0, 68)));
                break;
            case SegmentNames.Journal:
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), Crc32C.Compute(bytes.AsSpan(0, 16)));
                break;
            default:
                bytes.AsSpan(16, 4).Clear();
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), Crc32C.Compute(bytes));
                break;
        }
        file.Write(0, bytes);
    }
}
