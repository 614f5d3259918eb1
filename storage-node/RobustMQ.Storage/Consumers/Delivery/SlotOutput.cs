using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Consumers.Delivery;

/// <summary>What one slot gets of one log, as it is put together. Used again and again; holds pooled buffers until disposed.</summary>
internal sealed class SlotOutput : IDisposable
{
    private DeliveryMark[] _marks = new DeliveryMark[64];
    private int _markCount;

    public int Slot { get; private set; }

    public PooledBytes Batches { get; } = new();

    /// <summary>Records of the batch at hand, by position in it.</summary>
    public List<int> Indices { get; } = [];

    public List<int> BindingIds { get; } = [];

    public bool IsEmpty => _markCount == 0;

    public void Begin(int slot)
    {
        Slot = slot;
        Clear();
    }

    public void Add(in DeliveryMark mark)
    {
        if (_markCount == _marks.Length)
            Array.Resize(ref _marks, _marks.Length * 2);
        _marks[_markCount++] = mark;
    }

    /// <param name="ids">Buffer for the binding ids, kept by the caller as long as the result is used.</param>
    public Deliveries Take(TopicPartition log, long waiting, ref int[] ids)
    {
        if (ids.Length < BindingIds.Count)
            ids = new int[BindingIds.Count];
        BindingIds.CopyTo(ids);
        return new Deliveries
        {
            Log = log,
            Batches = Batches.Memory,
            Marks = _marks.AsMemory(0, _markCount),
            BindingIds = ids.AsMemory(0, BindingIds.Count),
            Waiting = waiting,
        };
    }

    public void Clear()
    {
        Batches.Clear();
        Indices.Clear();
        BindingIds.Clear();
        _markCount = 0;
    }

    public void Dispose() => Batches.Dispose();
}
