using RobustMQ.Records;

namespace RobustMQ.Storage.Metadata;

/// <summary>Version of the whole metadata store. A store of a newer one is refused before anything else in it is read.</summary>
internal static class FormatRecord
{
    public const byte CurrentVersion = 1;

    public static byte[] Format() => new MetadataWriter(CurrentVersion).Text("RobustMQ").Seal(MetadataKeys.Format);

    /// <exception cref="StorageException">Not ours, damaged, or newer.</exception>
    public static void Check(byte[] value)
    {
        var reader = new MetadataReader("the store", MetadataKeys.Format, value, CurrentVersion);
        if (reader.Text() != "RobustMQ")
            throw reader.Damaged();
    }
}
