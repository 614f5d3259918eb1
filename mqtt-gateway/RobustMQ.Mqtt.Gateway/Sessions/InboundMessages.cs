namespace RobustMQ.Mqtt.Gateway.Sessions;

/// <summary>
/// A client's publishes at QoS 1 and 2 that are not through: those not acknowledged yet, and the identifiers that it has not released (5.0 section 4.3.3), so that a repeat
/// is not delivered twice. Thread-safe: acknowledgements wait for storage.
/// </summary>
/// <param name="receiveMaximum">As the client was told; int.MaxValue where clients cannot be told.</param>
/// <param name="unreleased">From an earlier connection of the session.</param>
internal sealed class InboundMessages(int receiveMaximum, IReadOnlyCollection<ushort>? unreleased = null)
{
    private readonly Lock _lock = new();
    private HashSet<ushort>? _unreleased = unreleased is { Count: > 0 } ? [.. unreleased] : null;
    private int _unacknowledged;

    /// <summary>Publishes of QoS 1 without PUBACK and of QoS 2 without PUBCOMP.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _unacknowledged + (_unreleased?.Count ?? 0);
        }
    }

    public InboundOutcome Begin(byte qos, ushort packetId)
    {
        lock (_lock)
        {
            if (qos == 2 && _unreleased is not null && _unreleased.Contains(packetId))
                return InboundOutcome.Repeated;
            if (_unacknowledged + (_unreleased?.Count ?? 0) >= receiveMaximum)
                return InboundOutcome.TooMany;
            if (qos == 1)
                _unacknowledged++;
            else
                (_unreleased ??= []).Add(packetId);
            return InboundOutcome.New;
        }
    }

    /// <summary>PUBACK goes out.</summary>
    public void Acknowledged()
    {
        lock (_lock)
            _unacknowledged--;
    }

    /// <summary>PUBREL has come, or PUBREC goes out with a failure.</summary>
    /// <returns>False where the identifier is unknown.</returns>
    public bool Release(ushort packetId)
    {
        lock (_lock)
            return _unreleased is not null && _unreleased.Remove(packetId);
    }
}

/// <summary>What a publish at QoS 1 or 2 is.</summary>
internal enum InboundOutcome
{
    New = 0,

    /// <summary>Delivered before: only acknowledged again.</summary>
    Repeated = 1,

    /// <summary>More than the client was told it may have open.</summary>
    TooMany = 2,
}
