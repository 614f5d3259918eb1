namespace RobustMQ.Bench.Amqp;

/// <summary>Counts the confirmed messages of one channel. Brokers confirm one by one, many at once and in any order; each message counts once.</summary>
internal sealed class ConfirmCount
{
    /// <summary>Confirmed before an older one was.</summary>
    private readonly HashSet<long> _early = [];
    private long _first = 1;

    public long Total { get; private set; }

    public void Add(long number, bool isMultiple)
    {
        if (isMultiple)
        {
            for (; _first <= number; _first++)
                Total += _early.Remove(_first) ? 0 : 1;
        }
        else if (number >= _first && _early.Add(number))
        {
            Total++;
        }
        while (_early.Remove(_first))
            _first++;
    }
}
