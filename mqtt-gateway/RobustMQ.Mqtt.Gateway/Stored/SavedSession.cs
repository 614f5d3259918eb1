using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>What storage has of a session, besides its consumer.</summary>
internal sealed class SavedSession
{
    /// <summary>Null: the session is not there (any more).</summary>
    public SessionHead? Head { get; set; }

    /// <summary>Where the head lies, or the record that says that it is gone; none: there is neither.</summary>
    public Offset HeadOffset { get; set; } = Offset.None;

    public List<StoredSubscription> Subscriptions { get; } = [];

    public List<ushort> Unreleased { get; } = [];

    public StoredWill? Will { get; set; }

    /// <summary>Null: none are owed.</summary>
    public StoredRetained? Retained { get; set; }
}
