using System.Buffers;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Tests;

/// <summary>Every message of the codec, found by its type: a request brings its API, and its response is named after it.</summary>
internal static class Messages
{
    private static readonly Type[] Types = typeof(IKafkaRequest).Assembly.GetExportedTypes();

    public static IReadOnlyList<(KafkaApi Api, Type Request, Type Response)> All { get; } =
    [
        .. Types.Where(static type => type is { IsClass: true } && type.IsAssignableTo(typeof(IKafkaRequest)))
            .Select(static type => ((KafkaApi)type.GetProperty("Api")!.GetValue(null)!, type, Types.Single(other => other.Name == type.Name.Replace("Request", "Response", StringComparison.Ordinal))))
            .OrderBy(static message => message.Item1.Key)
    ];

    public static KafkaApi ApiOf(short key) => All.Single(message => (short)message.Api.Key == key).Api;

    public static Type RequestOf(short key) => All.Single(message => (short)message.Api.Key == key).Request;

    public static byte[] Write(IWireItem message, KafkaApi api, short version)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output, version, api.IsFlexible(version));
        message.Carry(ref writer);
        writer.Complete();
        return output.WrittenSpan.ToArray();
    }

    public static IWireItem? Read(Type type, KafkaApi api, short version, ReadOnlyMemory<byte> bytes)
    {
        var message = (IWireItem)Activator.CreateInstance(type)!;
        var reader = new WireReader(bytes, version, api.IsFlexible(version));
        message.Carry(ref reader);
        return reader.IsMalformed || reader.BytesLeft > 0 ? null : message;
    }

    public static IWireItem AnyOf(Type type, short version, Random random)
    {
        var message = (IWireItem)Activator.CreateInstance(type)!;
        var wire = new RandomWire(random, version);
        message.Carry(ref wire);
        return message;
    }
}
