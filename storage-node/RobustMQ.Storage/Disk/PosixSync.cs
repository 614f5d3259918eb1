using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace RobustMQ.Storage.Disk;

/// <summary>What the framework has no call for: syncing a directory and a whole file system. On platforms without them directories need no sync.</summary>
internal static class PosixSync
{
    private const int OpenReadOnly = 0;

    public static bool IsAvailable { get; } = OperatingSystem.IsLinux();

    /// <exception cref="IOException">The device refused.</exception>
    public static void SyncDirectory(string path) => WithDescriptor(path, Fsync);

    /// <summary>syncfs(2): reports write errors since Linux 5.8.</summary>
    /// <exception cref="IOException">The device refused.</exception>
    public static void SyncVolume(string path) => WithDescriptor(path, Syncfs);

    private static void WithDescriptor(string path, Func<int, int> call)
    {
        var descriptor = Open([.. Encoding.UTF8.GetBytes(path), 0], OpenReadOnly);
        if (descriptor < 0)
            throw LastError();
        try
        {
            if (call(descriptor) != 0)
                throw LastError();
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException LastError() => new(new Win32Exception(Marshal.GetLastPInvokeError()).Message);

#pragma warning disable SYSLIB1054 // Generated marshalling needs unsafe code; these signatures need no marshalling at all.
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Syncfs(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
#pragma warning restore SYSLIB1054
}
