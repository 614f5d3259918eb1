using System.Text;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>Encodes stored consumer state: bytes, zigzag varints, text and bytes with their length in front.</summary>
internal readonly struct StateWriter(PooledBytes target)
{
    public StateWriter Byte(byte value)
    {
        target.GetSpan(1)[0] = value;
        target.Advance(1);
        return this;
    }

    public StateWriter Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public StateWriter Number(long value)
    {
        target.Advance(Varint.Write(target.GetSpan(Varint.Int64BytesMax), value));
        return this;
    }

    public StateWriter Time(TimeSpan value) => Number(value.Ticks / TimeSpan.TicksPerMillisecond);

    public StateWriter Bytes(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        value.CopyTo(target.GetSpan(value.Length));
        target.Advance(value.Length);
        return this;
    }

    public StateWriter Text(string? value) => Bytes(value is null ? default : Encoding.UTF8.GetBytes(value));

    public StateWriter Guid(Guid value)
    {
        value.TryWriteBytes(target.GetSpan(16), bigEndian: true, out _);
        target.Advance(16);
        return this;
    }
}
