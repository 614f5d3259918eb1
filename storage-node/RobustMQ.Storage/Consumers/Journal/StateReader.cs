using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>Decodes what <see cref="StateWriter"/> wrote. Bytes that cannot be right are refused, never guessed around.</summary>
internal ref struct StateReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() != 0;

    public long Number()
    {
        var position = 0;
        if (!Varint.TryRead(_rest, ref position, out long value))
            throw Damaged();
        _rest = _rest[position..];
        return value;
    }

    public int Count()
    {
        var count = Number();
        return count >= 0 && count <= _rest.Length ? (int)count : throw Damaged();
    }

    public TimeSpan Time() => TimeSpan.FromTicks(checked(Number() * TimeSpan.TicksPerMillisecond));

    public ReadOnlySpan<byte> Bytes() => Take(Count());

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public Guid Guid() => new(Take(16), bigEndian: true);

    public static StorageException Damaged() => new(ErrorCode.DiskFailure, "stored consumer state is damaged");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
            throw Damaged();
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
