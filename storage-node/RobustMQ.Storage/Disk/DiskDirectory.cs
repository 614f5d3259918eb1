namespace RobustMQ.Storage.Disk;

/// <summary>A directory of the machine.</summary>
internal sealed class DiskDirectory : IStorageDirectory
{
    private readonly bool _isForReading;

    /// <summary>Created where it is not there.</summary>
    public DiskDirectory(string path)
    {
        Path = path;
        Try("create", path, () => Directory.CreateDirectory(path));
    }

    private DiskDirectory(string path, bool isForReading)
    {
        Path = path;
        _isForReading = isForReading;
    }

    /// <summary>A directory that is there, whose files are opened for reading only.</summary>
    public static DiskDirectory ForReading(string path) => new(path, isForReading: true);

    public string Path { get; }

    public IReadOnlyList<string> ListFiles() => Try("list", Path, () => Names(Directory.GetFiles(Path)));

    public IReadOnlyList<string> ListDirectories() => Try("list", Path, () => Names(Directory.GetDirectories(Path)));

    public IStorageDirectory Open(string directory) => _isForReading ? ForReading(PathOf(directory)) : new DiskDirectory(PathOf(directory));

    public bool FileExists(string name) => File.Exists(PathOf(name));

    public IStorageFile OpenFile(string name, bool create = false, long reserveBytes = 0)
    {
        var path = PathOf(name);
        if (_isForReading)
            return DiskFile.ForReading(path);
        // Reserving is only possible where the file is made by the same call.
        return create && reserveBytes > 0 && !File.Exists(path)
            ? new DiskFile(path, FileMode.CreateNew, reserveBytes)
            : new DiskFile(path, create ? FileMode.OpenOrCreate : FileMode.Open, 0);
    }

    public void DeleteFile(string name) => Try("delete", PathOf(name), () => File.Delete(PathOf(name)));

    public void RenameFile(string name, string newName) =>
        Try("rename", PathOf(name), () => File.Move(PathOf(name), PathOf(newName), overwrite: true));

    public void RenameDirectory(string name, string newName) =>
        Try("rename", PathOf(name), () => Directory.Move(PathOf(name), PathOf(newName)));

    public void DeleteDirectory(string name)
    {
        var path = PathOf(name);
        Try("delete", path, () =>
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        });
    }

    public void Sync()
    {
        if (PosixSync.IsAvailable)
            Try("sync", Path, () => PosixSync.SyncDirectory(Path));
    }

    public bool TrySyncVolume()
    {
        if (PosixSync.IsAvailable)
            Try("sync the file system of", Path, () => PosixSync.SyncVolume(Path));
        return PosixSync.IsAvailable;
    }

    private string PathOf(string name) => System.IO.Path.Combine(Path, name);

    private static string[] Names(string[] paths) => Array.ConvertAll(paths, path => System.IO.Path.GetFileName(path));

    private static void Try(string what, string path, Action action)
    {
        try
        {
            action();
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(path, what, error);
        }
    }

    private static T Try<T>(string what, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception error) when (DiskErrors.IsDiskError(error))
        {
            throw DiskErrors.At(path, what, error);
        }
    }
}
