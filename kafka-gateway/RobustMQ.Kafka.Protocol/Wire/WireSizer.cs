using System.Numerics;
using System.Text;

namespace RobustMQ.Kafka.Protocol.Wire;

/// <summary>Counts the bytes that <see cref="WireWriter"/> would write: a frame's length stands in front of it, and its body is written only once.</summary>
public struct WireSizer(short version, bool isFlexible) : IWire
{
    private long _bytes;

    public readonly short Version => version;

    public readonly long Bytes => _bytes;

    public void Flag(ref bool value) => _bytes++;

    public void Int8(ref sbyte value) => _bytes++;

    public void Int16(ref short value) => _bytes += 2;

    public void Int32(ref int value) => _bytes += 4;

    public void Int64(ref long value) => _bytes += 8;

    public void Error(ref KafkaError value) => _bytes += 2;

    public void Uuid(ref Guid value) => _bytes += 16;

    public void Text(ref string value) => AddText(value);

    public void NullableText(ref string? value) => AddText(value);

    void IWire.Bytes(ref ReadOnlyMemory<byte> value) => AddBytes(value.Length);

    public void NullableBytes(ref ReadOnlyMemory<byte>? value) => AddBytes(value?.Length ?? -1);

    public void Int32s(ref IReadOnlyList<int> values)
    {
        AddLength(values.Count);
        _bytes += 4L * values.Count;
    }

    public void Int64s(ref IReadOnlyList<long> values)
    {
        AddLength(values.Count);
        _bytes += 8L * values.Count;
    }

    public void Texts(ref IReadOnlyList<string> values) => AddTexts(values);

    public void NullableTexts(ref IReadOnlyList<string>? values) => AddTexts(values);

    public void Items<T>(ref IReadOnlyList<T> items)
        where T : IWireItem, new() => AddItems(items);

    public void NullableItems<T>(ref IReadOnlyList<T>? items)
        where T : IWireItem, new() => AddItems(items);

    public void Tags() => _bytes += isFlexible ? 1 : 0;

    internal static int VarintBytes(uint value) => (BitOperations.Log2(value | 1) / 7) + 1;

    private void AddText(string? text)
    {
        var length = text is null ? -1 : Encoding.UTF8.GetByteCount(text);
        _bytes += (isFlexible ? VarintBytes((uint)(length + 1)) : 2) + Math.Max(0, length);
    }

    private void AddTexts(IReadOnlyList<string>? values)
    {
        AddLength(values?.Count ?? -1);
        foreach (var value in values ?? [])
            AddText(value);
    }

    private void AddItems<T>(IReadOnlyList<T>? items)
        where T : IWireItem
    {
        AddLength(items?.Count ?? -1);
        for (var index = 0; index < (items?.Count ?? 0); index++)
            items![index].Carry(ref this);
    }

    private void AddBytes(int length)
    {
        AddLength(length);
        _bytes += Math.Max(0, length);
    }

    private void AddLength(int length) => _bytes += isFlexible ? VarintBytes((uint)(length + 1)) : 4;
}
