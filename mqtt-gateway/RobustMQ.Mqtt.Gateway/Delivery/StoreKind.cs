namespace RobustMQ.Mqtt.Gateway.Delivery;

/// <summary>What the records of a <see cref="StoreBatch"/> are.</summary>
internal enum StoreKind
{
    /// <summary>This gateway's clients have got them.</summary>
    Message = 0,

    /// <summary>Retained copies: nobody gets them live.</summary>
    Retained = 1,

    /// <summary>Nobody has got them: they come later.</summary>
    Delayed = 2,
}
