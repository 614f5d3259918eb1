using RobustMQ.Records.Subjects;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>
/// The topics a connection published to lately, in a table of fixed size: a newcomer takes the place of whoever is there and reuses its memory. Used by one thread at a
/// time.
/// </summary>
internal sealed class PublishTargetCache
{
    /// <summary>Power of two.</summary>
    private const int Slots = 512;

    /// <summary>Longer topics take turns in one place, so that a client cannot fill the table with them.</summary>
    private const int CachedTopicBytesMax = 256;

    private readonly PublishTarget _long = new();
    private PublishTarget?[] _slots = [];
    private PublishTarget? _last;

    /// <summary>The target that already stands for a topic.</summary>
    public bool TryFind(ReadOnlySpan<byte> topic, out PublishTarget target, out int slot)
    {
        slot = -1;
        if (_last is { } last && last.Is(topic))
        {
            target = last;
            return true;
        }
        target = _long;
        if (topic.Length > CachedTopicBytesMax)
            return _long.Is(topic);
        slot = Utf8Comparer.Hash(topic) & (Slots - 1);
        if (_slots.Length > 0 && _slots[slot] is { } found && found.Is(topic))
        {
            _last = target = found;
            return true;
        }
        return false;
    }

    /// <summary>Gives a topic the place that <see cref="TryFind"/> named. Nobody may still be using the target that stands there.</summary>
    public PublishTarget Replace(int slot, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> name, ReadOnlySpan<byte> subject)
    {
        if (slot >= 0 && _slots.Length == 0)
            _slots = new PublishTarget?[Slots];
        var target = slot < 0 ? _long : _slots[slot] ??= new PublishTarget();
        target.Rename(topic, name, subject);
        return _last = target;
    }
}
