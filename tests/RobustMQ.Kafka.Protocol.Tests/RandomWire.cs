using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Tests;

/// <summary>Puts random values into every field of a message that a version has.</summary>
internal readonly struct RandomWire(Random random, short version, int depth = 0) : IWire
{
    private const int DepthMax = 4;

    public short Version => version;

    public void Flag(ref bool value) => value = random.Next(2) == 0;

    public void Int8(ref sbyte value) => value = (sbyte)random.Next(sbyte.MinValue, sbyte.MaxValue + 1);

    public void Int16(ref short value) => value = (short)random.Next(short.MinValue, short.MaxValue + 1);

    public void Int32(ref int value) => value = random.Next(int.MinValue, int.MaxValue);

    public void Int64(ref long value) => value = random.NextInt64(long.MinValue, long.MaxValue);

    public void Error(ref KafkaError value) => value = (KafkaError)random.Next(-1, 120);

    public void Uuid(ref Guid value)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        value = new Guid(bytes);
    }

    public void Text(ref string value) => value = AnyText();

    public void NullableText(ref string? value) => value = random.Next(3) == 0 ? null : AnyText();

    public void Bytes(ref ReadOnlyMemory<byte> value) => value = AnyBytes();

    public void NullableBytes(ref ReadOnlyMemory<byte>? value) => value = random.Next(3) == 0 ? null : AnyBytes();

    public void Int32s(ref IReadOnlyList<int> values) => values = [.. Enumerable.Range(0, random.Next(4))];

    public void Int64s(ref IReadOnlyList<long> values) => values = [.. Enumerable.Range(0, random.Next(4)).Select(static value => (long)value)];

    public void Texts(ref IReadOnlyList<string> values) => values = AnyTexts();

    public void NullableTexts(ref IReadOnlyList<string>? values) => values = random.Next(3) == 0 ? null : AnyTexts();

    public void Items<T>(ref IReadOnlyList<T> items)
        where T : IWireItem, new() => items = AnyItems<T>();

    public void NullableItems<T>(ref IReadOnlyList<T>? items)
        where T : IWireItem, new() => items = random.Next(3) == 0 ? null : AnyItems<T>();

    public void Tags()
    {
    }

    private List<T> AnyItems<T>()
        where T : IWireItem, new()
    {
        var items = new List<T>();
        for (var count = depth < DepthMax ? random.Next(1, 3) : 0; count > 0; count--)
        {
            var item = new T();
            var wire = new RandomWire(random, version, depth + 1);
            item.Carry(ref wire);
            items.Add(item);
        }
        return items;
    }

    private List<string> AnyTexts()
    {
        var texts = new List<string>();
        for (var count = random.Next(3); count > 0; count--)
            texts.Add(AnyText());
        return texts;
    }

    /// <summary>Lengths around the places where a varint grows, and characters of several bytes.</summary>
    private string AnyText() => random.Next(4) switch
    {
        0 => string.Empty,
        1 => new string('é', random.Next(60, 70)),
        2 => new string('a', random.Next(125, 130)),
        _ => "topic-" + random.Next(100),
    };

    private byte[] AnyBytes()
    {
        var bytes = new byte[random.Next(2) == 0 ? random.Next(4) : random.Next(120, 400)];
        random.NextBytes(bytes);
        return bytes;
    }
}
