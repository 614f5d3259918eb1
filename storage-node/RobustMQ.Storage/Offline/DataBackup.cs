using RobustMQ.Records;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Offline;

/// <summary>
/// Copies what a node that does not run has stored, byte for byte, and brings it back. Nothing is ever written over: neither a backup nor a node's data. Why a node must stand still for it:
/// docs/decisions/0010.
/// </summary>
public static class DataBackup
{
    private const string DataFolder = "node";
    private const string DisksFolder = "disks";

    /// <summary>Files of a data directory that belong to a process, not to the data. RocksDB's lock file is made anew where it is missing.</summary>
    private static readonly HashSet<string> NotData = [DataLock.FileName, "metadata/LOCK", "logs/LOCK"];

    /// <summary>Where the data directory lies in a backup.</summary>
    public static DataPlaces PlacesIn(string backup, BackupManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var data = Path.Combine(backup, DataFolder);
        return new DataPlaces(data, [.. manifest.Within.Select(path => Path.Combine(data, path)), .. Enumerable.Range(0, manifest.Disks).Select(disk => Path.Combine(backup, DisksFolder, $"{disk}"))]);
    }

    /// <summary>Copies everything into a directory that is empty or not there, then reads the copy back.</summary>
    /// <exception cref="StorageException">A node runs on the data, the target is not empty, a disk fails, or the copy is not what was read.</exception>
    public static BackupManifest Take(DataPlaces places, string backup, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(places);
        ArgumentNullException.ThrowIfNull(time);
        backup = Path.GetFullPath(backup);
        FileCopy.RefuseUnlessEmpty(backup);
        using var held = DataLock.TakeForReading(places.Data);
        DataLock.RefuseUnfinishedRestore(places.Data);
        var node = ReadNode(places);
        var files = new List<BackupFile>();
        Copy(places.Data, backup, DataFolder, files);
        for (var disk = 0; disk < places.Apart.Count; disk++)
            Copy(places.Apart[disk], backup, $"{DisksFolder}/{disk}", files);
        FileCopy.SyncNames(backup);
        var manifest = BackupManifest.Of(node.Id, node.Incarnation, time.GetUtcNow().ToUnixTimeMilliseconds(), places, files);
        Verify(backup, manifest);
        manifest.Write(backup);
        return manifest;
    }

    /// <summary>Reads a backup from end to end.</summary>
    /// <exception cref="StorageException">It is not whole.</exception>
    public static BackupManifest Verify(string backup)
    {
        var manifest = BackupManifest.Read(backup);
        Verify(backup, manifest);
        return manifest;
    }

    /// <summary>Brings a backup into directories that are empty or not there. Until the last byte is there, no node starts on them.</summary>
    /// <param name="places">As many log directories apart from the data as the backup has, or none: then all of them come together below the data directory.</param>
    /// <exception cref="StorageException">The backup is not whole, a directory is not empty, a disk fails.</exception>
    public static BackupManifest Restore(string backup, DataPlaces places)
    {
        ArgumentNullException.ThrowIfNull(places);
        backup = Path.GetFullPath(backup);
        var manifest = Verify(backup);
        if (places.Apart.Count > 0 && places.Apart.Count != manifest.Disks)
            throw new StorageException(ErrorCode.InvalidArgument, $"the backup has {manifest.Disks} log directories beside the data; {places.Apart.Count} were named");
        FileCopy.RefuseUnlessEmpty(places.Data);
        foreach (var directory in places.Apart)
            FileCopy.RefuseUnlessEmpty(directory);
        using var held = DataLock.Take(places.Data);
        var unfinished = Path.Combine(places.Data, DataLock.UnfinishedRestore);
        FileCopy.WriteWhole(unfinished, []);
        foreach (var file in manifest.Files)
            Restore(backup, file, places);
        foreach (var directory in places.Apart.Prepend(places.Data).Where(Directory.Exists))
            FileCopy.SyncNames(directory);
        var data = new DiskDirectory(places.Data);
        data.DeleteFile(DataLock.UnfinishedRestore);
        data.Sync();
        return manifest;
    }

    private static (string Id, long Incarnation) ReadNode(DataPlaces places)
    {
        using var metadata = new StoredMetadata(places.Metadata);
        return (metadata.Node.Id.ToString("n"), metadata.Node.Incarnation);
    }

    private static void Copy(string from, string backup, string folder, List<BackupFile> files)
    {
        foreach (var name in FileCopy.FilesBelow(from))
        {
            if (folder == DataFolder && NotData.Contains(name))
                continue;
            var path = $"{folder}/{name}";
            var (bytes, sha256) = FileCopy.Run(Path.Combine(from, name), Path.Combine(backup, path));
            files.Add(new BackupFile(path, bytes, sha256));
        }
    }

    private static void Verify(string backup, BackupManifest manifest)
    {
        foreach (var file in manifest.Files)
            Compare(Path.Combine(backup, file.Path), file);
    }

    private static void Compare(string path, BackupFile file)
    {
        if (FileCopy.Sum(path) != (file.Bytes, file.Sha256))
            throw new StorageException(ErrorCode.DiskFailure, $"'{path}' is not what was copied");
    }

    private static void Restore(string backup, BackupFile file, DataPlaces places)
    {
        var to = TargetOf(file.Path, places);
        FileCopy.Run(Path.Combine(backup, file.Path), to);
        Compare(to, file);
    }

    private static string TargetOf(string path, DataPlaces places)
    {
        var parts = path.Split('/', 3);
        var (root, rest) = parts[0] == DataFolder
            ? (places.Data, path[(DataFolder.Length + 1)..])
            : (places.Apart.Count > 0 ? places.Apart[int.Parse(parts[1], null)] : Path.Combine(places.Data, "segments"), parts[2]);
        var target = Path.GetFullPath(Path.Combine(root, rest));
        // A manifest is a file like any other: what it says must not lead out of the directories that were named.
        return target.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? target
            : throw new StorageException(ErrorCode.DiskFailure, $"the backup names a file outside of itself: {path}");
    }
}
