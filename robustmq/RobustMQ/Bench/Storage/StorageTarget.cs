namespace RobustMQ.Bench.Storage;

/// <summary>What is measured: a running storage-node that was named, or a process of our own on a directory of its own.</summary>
internal sealed class StorageTarget : IDisposable
{
    private readonly StorageProcess? _process;
    private readonly string? _address;

    private StorageTarget(StorageProcess? process, string? address, string? directory)
    {
        _process = process;
        _address = address;
        DataDirectory = directory;
    }

    /// <param name="server">Address of a running one; null: start one.</param>
    /// <param name="data">Where the disk is that is to be measured.</param>
    /// <param name="settings">Settings for a process of our own.</param>
    public static StorageTarget Open(string? server, string data, string[] settings)
    {
        if (server is not null)
            return new StorageTarget(null, server, null);
        var directory = Path.GetFullPath(Path.Combine(data, $"robustmq-bench-{Environment.ProcessId}"));
        var process = new StorageProcess(directory, settings);
        try
        {
            process.Start();
            return new StorageTarget(process, null, directory);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    public string Address => _address ?? _process!.Address;

    /// <summary>On the disk that the node writes to; null where it is not ours.</summary>
    public string? DataDirectory { get; }

    public TimeSpan ProcessorTime => _process?.ProcessorTime ?? default;

    /// <exception cref="InvalidOperationException">The node is not ours.</exception>
    public StorageProcess Process => _process ?? throw new IOException("this measurement starts and stops the storage-node: without --server");

    public void Dispose() => _process?.Dispose();
}
