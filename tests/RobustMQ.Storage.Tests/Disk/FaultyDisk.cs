using RobustMQ.Records;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Tests.Disk;

/// <summary>
/// A disk in memory that knows what is on the device and what only the operating system has. It can lose power at any operation, fail one, be full; what is left is then a new disk.
/// </summary>
internal sealed class FaultyDisk
{
    private readonly Lock _lock = new();

    public FaultyDisk() => Root = new FaultyDirectory(this, "/");

    public FaultyDirectory Root { get; private set; }

    /// <summary>Operations that changed or synced something so far.</summary>
    public int Operations { get; private set; }

    /// <summary>Power is lost at this operation, which does not happen any more, or in half.</summary>
    public int CrashAt { get; set; } = int.MaxValue;

    public bool IsCrashed => Operations >= CrashAt;

    /// <summary>Says which operations fail, and lets them.</summary>
    public Func<string, string, bool>? Fails { get; set; }

    /// <summary>Called before a file is synced, by who syncs it: may take its time.</summary>
    public Action? BeforeSync { get; set; }

    public bool SyncsVolume { get; set; } = true;

    public int Syncs { get; private set; }

    public int OpenFiles { get; set; }

    internal Lock Lock => _lock;

    /// <summary>Counts an operation; throws when it must not happen.</summary>
    /// <returns>False where power is lost in the middle of it.</returns>
    internal bool Begin(string operation, string path)
    {
        if (IsCrashed)
            throw new StorageException(ErrorCode.DiskFailure, "power is lost");
        Operations++;
        if (operation.StartsWith("sync", StringComparison.Ordinal))
            Syncs++;
        if (Fails?.Invoke(operation, path) == true)
            throw new StorageException(ErrorCode.DiskFailure, $"{operation} of {path} fails, as asked");
        return !IsCrashed;
    }

    internal static StorageException PowerLost() => new(ErrorCode.DiskFailure, "power is lost");

    /// <summary>The disk after the crash.</summary>
    public FaultyDisk Restart(AfterCrash mode, Random random)
    {
        lock (_lock)
        {
            var disk = new FaultyDisk { SyncsVolume = SyncsVolume };
            disk.Root = Root.Survive(disk, mode, random);
            return disk;
        }
    }
}
