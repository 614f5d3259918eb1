using RobustMQ.Records.Live;

namespace RobustMQ.Storage.Live;

/// <summary>What one subscription gets of one batch. Reused from batch to batch.</summary>
internal sealed class FanoutTarget
{
    private QueuePick[] _picks = [];
    private int _pickCount;

    public LiveSubscription Subscription { get; private set; } = null!;

    /// <summary>Positions of its records in the batch, ascending.</summary>
    public List<int> Indices { get; } = [];

    /// <summary>Its queue groups, by position among its records.</summary>
    public ReadOnlyMemory<QueuePick> Picks => _picks.AsMemory(0, _pickCount);

    public void Begin(LiveSubscription subscription)
    {
        Subscription = subscription;
        Indices.Clear();
        _pickCount = 0;
    }

    public void Add(int index)
    {
        if (Indices.Count == 0 || Indices[^1] != index)
            Indices.Add(index);
    }

    public void Add(int index, string queue)
    {
        Add(index);
        if (_pickCount == _picks.Length)
            Array.Resize(ref _picks, Math.Max(16, _picks.Length * 2));
        _picks[_pickCount++] = new QueuePick(Indices.Count - 1, queue, Subscription.Id);
    }
}
