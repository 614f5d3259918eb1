using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers.Journal;

/// <summary>Keys of the journal's records: <c>kind | namespace | 0 | name</c>.</summary>
internal static class JournalKeys
{
    private const byte Consumer = (byte)'c';
    private const byte Group = (byte)'o';

    public static byte[] OfConsumer(ConsumerRef consumer) => Of(Consumer, consumer.Namespace, consumer.Name);

    public static byte[] OfGroup(Namespace ns, string group) => Of(Group, ns, group);

    public static bool IsGroup(ReadOnlySpan<byte> key) => !key.IsEmpty && key[0] == Group;

    /// <exception cref="StorageException">It is none.</exception>
    public static (Namespace Namespace, string Name) Parse(ReadOnlySpan<byte> key)
    {
        var split = key.IndexOf((byte)0);
        if (split < 1 || key[0] is not (Consumer or Group))
            throw StateReader.Damaged();
        return (Namespace.Parse(Encoding.UTF8.GetString(key[1..split])), Encoding.UTF8.GetString(key[(split + 1)..]));
    }

    private static byte[] Of(byte kind, Namespace ns, string name) => [kind, .. Encoding.UTF8.GetBytes(ns.Value), 0, .. Encoding.UTF8.GetBytes(name)];
}
