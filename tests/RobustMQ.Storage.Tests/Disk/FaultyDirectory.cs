using RobustMQ.Records;
using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Tests.Disk;

internal sealed class FaultyDirectory(FaultyDisk disk, string path) : IStorageDirectory
{
    private readonly Dictionary<string, object> _names = [];
    private Dictionary<string, object> _syncedNames = [];

    public string Path { get; } = path;

    public IReadOnlyList<string> ListFiles() => List<FaultyFile>();

    public IReadOnlyList<string> ListDirectories() => List<FaultyDirectory>();

    /// <summary>For tests that damage it.</summary>
    public FaultyFile File(string name) => (FaultyFile)_names[name];

    public IStorageDirectory Open(string directory)
    {
        lock (disk.Lock)
        {
            if (_names.TryGetValue(directory, out var present))
                return (FaultyDirectory)present;
            Begin("create", directory);
            var created = new FaultyDirectory(disk, $"{Path}{directory}/");
            _names.Add(directory, created);
            return created;
        }
    }

    public bool FileExists(string name)
    {
        lock (disk.Lock)
            return _names.ContainsKey(name);
    }

    public IStorageFile OpenFile(string name, bool create = false, long reserveBytes = 0)
    {
        lock (disk.Lock)
        {
            if (disk.IsCrashed)
                throw FaultyDisk.PowerLost();
            if (!_names.TryGetValue(name, out var file))
            {
                if (!create)
                    throw new StorageException(ErrorCode.DiskFailure, $"no file {Path}{name}");
                Begin("create", name);
                _names.Add(name, file = new FaultyFile());
            }
            return new FaultyHandle(disk, (FaultyFile)file, Path + name);
        }
    }

    public void DeleteFile(string name)
    {
        lock (disk.Lock)
        {
            Begin("delete", name);
            _names.Remove(name);
        }
    }

    public void RenameFile(string name, string newName)
    {
        lock (disk.Lock)
        {
            Begin("rename", name);
            _names[newName] = _names[name];
            _names.Remove(name);
        }
    }

    public void RenameDirectory(string name, string newName) => RenameFile(name, newName);

    public void DeleteDirectory(string name) => DeleteFile(name);

    public void Sync()
    {
        lock (disk.Lock)
        {
            Begin("sync", "");
            _syncedNames = new Dictionary<string, object>(_names);
        }
    }

    public bool TrySyncVolume()
    {
        lock (disk.Lock)
        {
            if (!disk.SyncsVolume)
                return false;
            Begin("sync volume", "");
            disk.Root.SyncAll();
            return true;
        }
    }

    internal FaultyDirectory Survive(FaultyDisk survivor, AfterCrash mode, Random random)
    {
        var directory = new FaultyDirectory(survivor, Path);
        foreach (var (name, what) in NamesAfter(mode, random))
        {
            directory._names.Add(
                name, what is FaultyFile file ? file.Survive(mode, random) : ((FaultyDirectory)what).Survive(survivor, mode, random));
        }
        directory._syncedNames = new Dictionary<string, object>(directory._names);
        return directory;
    }

    /// <summary>Either all changes of names since the last sync or none: file systems keep their order.</summary>
    private Dictionary<string, object> NamesAfter(AfterCrash mode, Random random) =>
        mode == AfterCrash.KeepsAll || (mode == AfterCrash.KeepsSome && random.Next(2) == 0) ? _names : _syncedNames;

    private void SyncAll()
    {
        _syncedNames = new Dictionary<string, object>(_names);
        foreach (var what in _names.Values)
        {
            if (what is FaultyFile file)
                file.Sync();
            else
                ((FaultyDirectory)what).SyncAll();
        }
    }

    private void Begin(string operation, string name)
    {
        if (!disk.Begin(operation, Path + name))
            throw FaultyDisk.PowerLost();
    }

    private List<string> List<T>()
    {
        lock (disk.Lock)
            return [.. _names.Where(entry => entry.Value is T).Select(entry => entry.Key)];
    }
}
