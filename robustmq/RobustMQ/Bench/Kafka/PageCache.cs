namespace RobustMQ.Bench.Kafka;

/// <summary>Makes the operating system forget what it has read, so that the next read comes from the device.</summary>
internal static class PageCache
{
    private const string DropCaches = "/proc/sys/vm/drop_caches";

    /// <summary>False where this process may not.</summary>
    public static bool TryDrop()
    {
        try
        {
            Storage.DiskFlush.Run();
            File.WriteAllText(DropCaches, "1");
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
