namespace RobustMQ.Records.Live;

/// <summary>One live feed (a gateway's) at one storage-node incarnation. 0: nobody.</summary>
public readonly record struct SubscriberId(long Value)
{
    public static SubscriberId None => default;

    public bool IsNone => Value == 0;

    public override string ToString() => Value.ToString();
}
