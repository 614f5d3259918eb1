using System.Buffers.Binary;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Metadata;

/// <summary>Decodes what <see cref="MetadataWriter"/> wrote. Damage and unknown versions are refused, never guessed around.</summary>
internal ref struct MetadataReader
{
    private readonly string _what;
    private ReadOnlySpan<byte> _rest;

    /// <exception cref="StorageException">The checksum is wrong, or the version is newer than <paramref name="newestVersion"/>.</exception>
    public MetadataReader(string what, byte[] key, byte[] value, byte newestVersion)
    {
        _what = what;
        if (value.Length < 1 + sizeof(uint))
            throw Damaged();
        var crc = BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(value.Length - sizeof(uint)));
        byte[] covered = [.. key, .. value.AsSpan(0, value.Length - sizeof(uint))];
        if (Crc32C.Compute(covered) != crc)
            throw Damaged();
        Version = value[0];
        if (Version > newestVersion)
            throw new StorageException(ErrorCode.Unsupported, $"metadata of {what} has version {Version}; this build reads up to {newestVersion}");
        _rest = value.AsSpan(1, value.Length - 1 - sizeof(uint));
    }

    public byte Version { get; }

    public byte Byte() => Take(1)[0];

    public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(sizeof(short)));

    public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

    public long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    public ReadOnlySpan<byte> Bytes() => Take(Int32());

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public Guid Guid() => new(Take(16), bigEndian: true);

    public readonly StorageException Damaged() => new(ErrorCode.DiskFailure, $"metadata of {_what} is damaged");

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes < 0 || bytes > _rest.Length)
            throw Damaged();
        var taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }
}
