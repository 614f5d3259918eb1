namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>What storage has of a session, besides its consumer.</summary>
internal sealed class SavedSession
{
    /// <summary>Null: the session is not there (any more).</summary>
    public SessionHead? Head { get; set; }

    public List<StoredSubscription> Subscriptions { get; } = [];

    public List<ushort> Unreleased { get; } = [];

    public StoredWill? Will { get; set; }
}
