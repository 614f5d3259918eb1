namespace RobustMQ.Storage.Disk;

/// <summary>
/// A directory and everything that storage does with a file system: all disk access goes through this interface and <see cref="IStorageFile"/>, so that tests can put a disk
/// under it that fails. Names that were added, removed or changed are on the device after <see cref="Sync"/>. Errors are as with files.
/// </summary>
internal interface IStorageDirectory
{
    /// <summary>For messages.</summary>
    string Path { get; }

    /// <summary>Names of the files in it, in no order.</summary>
    IReadOnlyList<string> ListFiles();

    /// <summary>Names of the directories in it, in no order.</summary>
    IReadOnlyList<string> ListDirectories();

    /// <summary>A directory in it, created where it is not there.</summary>
    IStorageDirectory Open(string directory);

    bool FileExists(string name);

    /// <summary>Opens a file for reading and writing.</summary>
    /// <param name="reserveBytes">For a new file: room on the device that is set aside; the length stays 0.</param>
    /// <exception cref="Records.StorageException">Also where the file is not there and must not be created.</exception>
    IStorageFile OpenFile(string name, bool create = false, long reserveBytes = 0);

    /// <summary>Removes a file; one that is not there is no error. Those who have it open can still read it.</summary>
    void DeleteFile(string name);

    /// <summary>Gives a file another name, in one step; a file of that name is replaced.</summary>
    void RenameFile(string name, string newName);

    void RenameDirectory(string name, string newName);

    /// <summary>Removes a directory and the files in it; one that is not there is no error.</summary>
    void DeleteDirectory(string name);

    /// <summary>Brings the names in this directory to the device.</summary>
    void Sync();

    /// <summary>Brings everything that was written to the file system of this directory to the device, in one call.</summary>
    /// <returns>False where the platform cannot; nothing happened.</returns>
    bool TrySyncVolume();
}
