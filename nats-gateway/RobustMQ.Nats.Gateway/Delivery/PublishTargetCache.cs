using RobustMQ.Records.Subjects;

namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>
/// The subjects a connection published to lately, in a table of fixed size: a newcomer takes the place of whoever is there and reuses its memory. Used by one thread
/// at a time.
/// </summary>
internal sealed class PublishTargetCache
{
    /// <summary>Power of two. 512 subjects of typical length are about 64 KiB per publishing connection.</summary>
    private const int Slots = 512;

    private PublishTarget?[] _slots = [];
    private PublishTarget? _last;

    /// <summary>The target that already stands for a subject.</summary>
    public bool TryFind(ReadOnlySpan<byte> subject, out PublishTarget target, out int slot)
    {
        if (_last is { } last && last.Is(subject))
        {
            target = last;
            slot = -1;
            return true;
        }
        slot = Utf8Comparer.Hash(subject) & (Slots - 1);
        if (_slots.Length > 0 && _slots[slot] is { } found && found.Is(subject))
        {
            _last = target = found;
            return true;
        }
        target = null!;
        return false;
    }

    public void Clear()
    {
        _slots = [];
        _last = null;
    }

    /// <summary>Gives a subject the slot that <see cref="TryFind"/> named. Nobody may still be using the target that stands there.</summary>
    public PublishTarget Replace(int slot, ReadOnlySpan<byte> subject)
    {
        if (_slots.Length == 0)
            _slots = new PublishTarget?[Slots];
        var target = _slots[slot] ??= new PublishTarget();
        target.Rename(subject);
        return _last = target;
    }
}
