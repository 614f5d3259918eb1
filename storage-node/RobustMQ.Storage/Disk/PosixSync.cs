using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace RobustMQ.Storage.Disk;

/// <summary>
/// Syncing a directory and a whole file system, for which the framework has no call, and a file, for which it has one that reports no failure: <c>RandomAccess.FlushToDisk</c> and
/// <c>FileStream.Flush(true)</c> of .NET 10 look for a negative number where their native part returns 1 (docs/decisions/0012). On platforms without these calls directories need no sync.
/// </summary>
internal static class PosixSync
{
    private const int OpenReadOnly = 0;

    public static bool IsAvailable { get; } = OperatingSystem.IsLinux();

    /// <exception cref="IOException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public static void SyncFile(SafeFileHandle file)
    {
        if (!IsAvailable)
        {
            RandomAccess.FlushToDisk(file);
            return;
        }
        var isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            if (Fsync((int)file.DangerousGetHandle()) != 0)
                throw LastError();
        }
        finally
        {
            if (isHeld)
                file.DangerousRelease();
        }
    }

    /// <exception cref="IOException">The device refused; an <see cref="UnopenedException"/> where it was not asked.</exception>
    public static void SyncDirectory(string path) => WithDescriptor(path, Fsync);

    /// <summary>syncfs(2): reports write errors since Linux 5.8.</summary>
    /// <exception cref="IOException">The device refused; an <see cref="UnopenedException"/> where it was not asked.</exception>
    public static void SyncVolume(string path) => WithDescriptor(path, Syncfs);

    private static void WithDescriptor(string path, Func<int, int> call)
    {
        var descriptor = Open([.. Encoding.UTF8.GetBytes(path), 0], OpenReadOnly);
        if (descriptor < 0)
            throw new UnopenedException(LastError().Message);
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
