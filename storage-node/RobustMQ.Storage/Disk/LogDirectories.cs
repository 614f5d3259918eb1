using System.Globalization;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Storage.Metadata;

namespace RobustMQ.Storage.Disk;

/// <summary>
/// Knows the log directories of a node by a file in each, named by an id that the metadata has too: a disk that is not mounted is an empty directory, in which every log would begin anew at
/// offset 0. What is moved from one directory into another takes its file along.
/// </summary>
internal static class LogDirectories
{
    private const string Prefix = "directory-";
    private const string Suffix = ".id";
    private const string Header = "RobustMQ log directory, version ";
    private const int Version = 1;

    /// <exception cref="StorageException">One is empty that was not, is not there, belongs to another node, or is of a newer version; nothing was changed.</exception>
    public static void Check(IMetadataStore metadata, IReadOnlyList<IStorageDirectory> directories)
    {
        var known = metadata.Scan(MetadataKeys.Directories).Select(static entry => DirectoryRecord.Parse(entry.Key, entry.Value)).ToDictionary(static record => record.Id);
        var found = new Dictionary<Guid, IStorageDirectory>();
        var changes = new MetadataChanges();
        var fresh = new List<(IStorageDirectory Directory, Guid Id)>();
        foreach (var directory in directories)
        {
            var ids = IdsIn(directory);
            RefuseUnlessOurs(directory, ids, known);
            if (ids.Count == 0)
                fresh.Add((directory, Guid.NewGuid()));
            foreach (var id in ids)
                found[id] = directory;
        }
        foreach (var record in known.Values)
        {
            if (!found.ContainsKey(record.Id))
                throw new StorageException(ErrorCode.DiskFailure, $"'{record.Path}' has logs of this node and is not among its log directories: name it, or move all that is in it into one of them");
        }
        foreach (var (directory, id) in fresh)
        {
            Mark(directory, id);
            found[id] = directory;
        }
        foreach (var (id, directory) in found)
        {
            var record = new DirectoryRecord(id, directory.Path);
            if (known.GetValueOrDefault(id) != record)
                changes.Put(MetadataKeys.Directory(id), record.Format());
        }
        if (!changes.IsEmpty)
            metadata.Commit(changes);
    }

    private static void RefuseUnlessOurs(IStorageDirectory directory, List<Guid> ids, Dictionary<Guid, DirectoryRecord> known)
    {
        if (ids.Count == 0 && known.Values.Any(record => record.Path == directory.Path))
            throw new StorageException(ErrorCode.DiskFailure, $"'{directory.Path}' had logs of this node and has no {Prefix}*{Suffix} now: is its disk mounted?");
        // A crash may come between the file and the metadata, while there are no logs yet.
        if (known.Count > 0 && directory.ListDirectories().Count > 0 && ids.Count > 0 && !ids.Exists(known.ContainsKey))
            throw new StorageException(ErrorCode.DiskFailure, $"'{directory.Path}' has logs of another node");
    }

    private static List<Guid> IdsIn(IStorageDirectory directory)
    {
        var ids = new List<Guid>();
        foreach (var name in directory.ListFiles())
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !name.EndsWith(Suffix, StringComparison.Ordinal)
                || !Guid.TryParseExact(name.AsSpan(Prefix.Length, name.Length - Prefix.Length - Suffix.Length), "n", out var id))
                continue;
            RefuseNewer(directory, name);
            ids.Add(id);
        }
        return ids;
    }

    private static void RefuseNewer(IStorageDirectory directory, string name)
    {
        var text = Encoding.UTF8.GetString(AtomicFile.TryRead(directory, name) ?? []);
        if (text.StartsWith(Header, StringComparison.Ordinal) && int.TryParse(text.AsSpan(Header.Length), CultureInfo.InvariantCulture, out var version) && version > Version)
            throw new StorageException(ErrorCode.Unsupported, $"'{directory.Path}/{name}' has version {version}; this build reads up to {Version}");
    }

    private static void Mark(IStorageDirectory directory, Guid id) =>
        AtomicFile.Replace(directory, $"{Prefix}{id:n}{Suffix}", Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Header}{Version}\n")));
}
