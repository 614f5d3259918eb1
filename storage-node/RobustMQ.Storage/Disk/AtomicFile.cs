namespace RobustMQ.Storage.Disk;

/// <summary>Small files that are replaced as a whole: after a crash there is the old one or the new one.</summary>
internal static class AtomicFile
{
    /// <summary>Ending of a file that is being written. One that is found at a start is a leftover of a crash.</summary>
    public const string UnfinishedSuffix = ".tmp";

    /// <summary>On the device when it returns.</summary>
    public static void Replace(IStorageDirectory directory, string name, ReadOnlySpan<byte> bytes)
    {
        var unfinished = name + UnfinishedSuffix;
        using (var file = directory.OpenFile(unfinished, create: true))
        {
            file.SetLength(0);
            file.Write(0, bytes);
            file.Sync();
        }
        directory.RenameFile(unfinished, name);
        directory.Sync();
    }

    /// <summary>Null where there is no such file.</summary>
    public static byte[]? TryRead(IStorageDirectory directory, string name)
    {
        if (!directory.FileExists(name))
            return null;
        using var file = directory.OpenFile(name);
        var bytes = new byte[file.Length];
        return file.Read(0, bytes) == bytes.Length ? bytes : null;
    }
}
