namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>How many requests may wait for something at one moment. Any thread.</summary>
internal sealed class WaitSlots(int max)
{
    private int _taken;

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= max)
            return true;
        Return();
        return false;
    }

    public void Return() => Interlocked.Decrement(ref _taken);
}
