using RobustMQ.Amqp.Gateway.Queues;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Channels;

/// <summary>What one channel delivered and was not answered, by delivery tag: tags are numbers without gaps, so they are places in a ring. Its owner locks.</summary>
internal sealed class UnackedList
{
    private Entry[] _ring = new Entry[16];
    private ulong _first = 1;
    private ulong _next = 1;

    /// <summary>Entries that wait for an answer.</summary>
    public int Count { get; private set; }

    /// <summary>The tag of a delivery that needs no answer.</summary>
    public ulong Skip()
    {
        if (Count > 0)
        {
            Put(default);
            return _next - 1;
        }
        var tag = _next++;
        _first = _next;
        return tag;
    }

    public ulong Add(IQueueReader reader, DeliveryId delivery, int generation)
    {
        if (Count == 0)
            _first = _next;
        Put(new Entry(reader, delivery, generation));
        Count++;
        return _next - 1;
    }

    /// <summary>Whether a tag was ever given; of a cumulative answer only that is asked.</summary>
    public bool WasGiven(ulong tag) => tag < _next;

    /// <summary>Whether a delivery waits for its answer.</summary>
    public bool Waits(ulong tag) => tag >= _first && tag < _next && _ring[Index(tag)].Reader is not null;

    public bool TryTake(ulong tag, out Entry entry)
    {
        entry = default;
        if (tag < _first || tag >= _next)
            return false;
        ref var place = ref _ring[Index(tag)];
        entry = place;
        if (entry.Reader is null)
            return false;
        place = default;
        Count--;
        MoveFirst();
        return true;
    }

    /// <summary>Takes the oldest up to a tag. False: there is none.</summary>
    public bool TryTakeOldest(ulong upTo, out Entry entry)
    {
        entry = default;
        MoveFirst();
        return Count > 0 && _first <= upTo && TryTake(_first, out entry);
    }

    private void MoveFirst()
    {
        if (Count == 0)
        {
            _first = _next;
            return;
        }
        while (_ring[Index(_first)].Reader is null)
            _first++;
    }

    private void Put(Entry entry)
    {
        if (_next - _first == (ulong)_ring.Length)
            Grow();
        _ring[Index(_next)] = entry;
        _next++;
    }

    private void Grow()
    {
        var larger = new Entry[_ring.Length * 2];
        for (var tag = _first; tag < _next; tag++)
            larger[tag & (ulong)(larger.Length - 1)] = _ring[Index(tag)];
        _ring = larger;
    }

    private int Index(ulong tag) => (int)(tag & (ulong)(_ring.Length - 1));

    /// <summary>One delivery.</summary>
    /// <param name="Generation">Of the reader's membership: credit of an earlier one was given back already.</param>
    internal readonly record struct Entry(IQueueReader? Reader, DeliveryId Delivery, int Generation);
}
