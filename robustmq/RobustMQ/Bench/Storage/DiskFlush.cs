using System.Runtime.InteropServices;

namespace RobustMQ.Bench.Storage;

/// <summary>Lets the disk come to rest between two runs, so that none pays for what the one before left in the page cache.</summary>
internal static class DiskFlush
{
    public static void Run()
    {
        if (OperatingSystem.IsLinux())
            Sync();
    }

#pragma warning disable SYSLIB1054 // Generated marshalling needs unsafe code; this signature needs no marshalling at all.
    [DllImport("libc", EntryPoint = "sync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void Sync();
#pragma warning restore SYSLIB1054
}
