using RobustMQ.Records;

namespace RobustMQ.Storage.Disk;

/// <summary>
/// One open file. Positions and lengths are bytes. Writes are in the operating system's hands when they return and on the device after <see cref="Sync"/>. Calls from several threads
/// may overlap. Whatever goes wrong is a <see cref="StorageException"/> with <see cref="ErrorCode.DiskFailure"/> that names the file; how much of a failed write reached the file is
/// unknown.
/// </summary>
internal interface IStorageFile : IDisposable
{
    /// <summary>For messages.</summary>
    string Path { get; }

    long Length { get; }

    /// <summary>Reads until the destination is full or the file ends. Returns the bytes read.</summary>
    int Read(long position, Span<byte> destination);

    void Write(long position, ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the file, or lengthens it with zeros; cutting to the present length gives back what was reserved behind it.</summary>
    void SetLength(long length);

    /// <summary>Brings the file's bytes and length to the device. After a failure they may never get there, whatever a later call says.</summary>
    void Sync();
}
