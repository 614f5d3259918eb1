namespace RobustMQ.Bench.Mq9;

/// <summary>Reads what was stored, as one client of one place.</summary>
internal interface IBatchReader : IDisposable
{
    /// <summary>Begins anew with the first message, as somebody who was not there before.</summary>
    void Begin(int number);

    /// <summary>Fetches a batch and acknowledges all of it at once; returns when the acknowledgement is answered.</summary>
    void Take(int count);
}
