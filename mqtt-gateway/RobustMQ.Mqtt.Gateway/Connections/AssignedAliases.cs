using RobustMQ.Records.Subjects;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>Topic aliases that the server gives one client's topics, first come first served; they stay as long as the connection (5.0 section 3.3.2.3.4). Guarded by its owner.</summary>
/// <param name="maximum">What the client takes.</param>
internal sealed class AssignedAliases(int maximum)
{
    private readonly Dictionary<byte[], ushort> _topics = new(Utf8Comparer.Instance);

    /// <param name="mayAssign">The packet that carries topic and alias goes out now, so that the client knows it before whatever follows.</param>
    /// <returns>0: none.</returns>
    public ushort Of(ReadOnlySpan<byte> topic, bool mayAssign, out bool isNew)
    {
        isNew = false;
        if (_topics.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(topic, out var alias))
            return alias;
        if (!mayAssign || _topics.Count == maximum)
            return 0;
        isNew = true;
        alias = (ushort)(_topics.Count + 1);
        _topics.Add(topic.ToArray(), alias);
        return alias;
    }
}
