namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>How an exchange picks its bindings.</summary>
internal enum ExchangeKind
{
    /// <summary>The routing key is the binding's.</summary>
    Direct,

    /// <summary>All of them.</summary>
    Fanout,

    /// <summary>The routing key matches the binding's pattern.</summary>
    Topic,

    /// <summary>The message's headers match the binding's arguments.</summary>
    Headers,

    /// <summary>One binding, by a hash of the routing key, a header or a property.</summary>
    ConsistentHash,
}

/// <summary>What the kinds are called.</summary>
internal static class ExchangeKinds
{
    public static string NameOf(ExchangeKind kind) => kind switch
    {
        ExchangeKind.Direct => "direct",
        ExchangeKind.Fanout => "fanout",
        ExchangeKind.Topic => "topic",
        ExchangeKind.Headers => "headers",
        _ => "x-consistent-hash",
    };

    public static bool TryParse(string name, out ExchangeKind kind)
    {
        foreach (var known in Enum.GetValues<ExchangeKind>())
        {
            if (NameOf(known) == name)
            {
                kind = known;
                return true;
            }
        }
        kind = default;
        return false;
    }
}
