using RobustMQ.GatewayKit.Live;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Live;

namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>Records of one read for one log whose storage somebody waits for.</summary>
internal sealed class StoreBatch(TopicRoute route, StoreKind kind)
{
    private List<QueuePick>? _picks;

    public TopicRoute Route { get; } = route;

    public StoreKind Kind { get; } = kind;

    public RecordBatchBuilder Builder { get; } = new();

    /// <summary>Indexes of records that say that a topic has no retained message any more.</summary>
    public List<int>? Tombstones { get; set; }

    /// <summary>For the record added last: a member of this shared subscription at another gateway gets it.</summary>
    public void AddPick(string queue, SubscriberId subscriber) => (_picks ??= []).Add(new QueuePick(Builder.RecordCount - 1, queue, subscriber));

    public ReadOnlyMemory<QueuePick> TakePicks() => _picks is null ? default : _picks.ToArray();

    /// <summary>Set when it is handed over.</summary>
    public Task<ErrorCode> Outcome { get; set; } = Task.FromResult(ErrorCode.Internal);
}
