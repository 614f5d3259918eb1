using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// Incremental fetches (KIP-227): the client names its partitions once, then only what changes about them. One session per connection: it ends with it, and a client
/// that refers to one that is gone is told so and begins anew. Used by one request at a time.
/// </summary>
/// <param name="room">Null: nothing is remembered from this fetch to another.</param>
internal sealed class FetchSession(int id, FetchSessionRoom? room)
{
    private readonly List<FetchPartition> _partitions = [];
    private readonly Dictionary<(string, Guid, int), FetchPartition> _byKey = [];
    private int _first;

    public int Id => id;

    /// <summary>Of the request that must come next.</summary>
    public int Epoch { get; private set; } = 1;

    public IReadOnlyList<FetchPartition> Partitions => _partitions;

    public void Advance() => Epoch = Epoch == int.MaxValue ? 1 : Epoch + 1;

    /// <returns>False: there is no room for all of it.</returns>
    public bool TryUpdate(FetchRequest request)
    {
        Forget(request);
        foreach (var topic in request.Topics)
        {
            foreach (var wanted in topic.Partitions)
            {
                if (!TryPut(topic, wanted))
                    return false;
            }
        }
        return true;
    }

    /// <summary>It is over.</summary>
    public void End()
    {
        room?.GiveBack(_partitions.Count);
        _partitions.Clear();
        _byKey.Clear();
    }

    private void Forget(FetchRequest request)
    {
        var gone = new HashSet<FetchPartition>();
        foreach (var topic in request.Forgotten)
        {
            foreach (var index in topic.Partitions)
            {
                if (_byKey.Remove((topic.Name, topic.TopicId, index), out var partition))
                    gone.Add(partition);
            }
        }
        if (gone.Count == 0)
            return;
        _partitions.RemoveAll(gone.Contains);
        room?.GiveBack(gone.Count);
    }

    /// <summary>The partitions in turn: the one behind the last that filled an answer comes first in the next, so none starves behind a busy one.</summary>
    public IEnumerable<FetchPartition> InTurn()
    {
        for (var count = 0; count < _partitions.Count; count++)
            yield return _partitions[(_first + count) % _partitions.Count];
    }

    public void Rotate() => _first = _partitions.Count == 0 ? 0 : (_first + 1) % _partitions.Count;

    private bool TryPut(FetchRequest.Topic topic, FetchRequest.Partition wanted)
    {
        var key = (topic.Name, topic.TopicId, wanted.Index);
        if (!_byKey.TryGetValue(key, out var partition))
        {
            if (room?.TryTake() == false)
                return false;
            partition = new FetchPartition { TopicName = topic.Name, TopicId = topic.TopicId, Index = wanted.Index };
            _byKey.Add(key, partition);
            _partitions.Add(partition);
        }
        partition.Offset = new Offset(wanted.FetchOffset);
        partition.BytesMax = wanted.MaxBytes;
        partition.CurrentLeaderEpoch = wanted.CurrentLeaderEpoch;
        return true;
    }
}
