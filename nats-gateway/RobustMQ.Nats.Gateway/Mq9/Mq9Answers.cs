using System.Collections.Concurrent;

namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>Answers that are used again: a few, for threads that answer at the same time. Any thread.</summary>
internal sealed class Mq9Answers
{
    private const int KeptMax = 64;

    /// <summary>One that has grown beyond this goes.</summary>
    private const int KeptBytesMax = 64 << 10;

    private readonly ConcurrentQueue<Mq9Answer> _idle = new();

    public Mq9Answer Rent()
    {
        if (!_idle.TryDequeue(out var answer))
            answer = new Mq9Answer();
        answer.Begin();
        return answer;
    }

    /// <summary>Nothing of it is read any more.</summary>
    public void Return(Mq9Answer answer)
    {
        if (answer.Capacity <= KeptBytesMax && _idle.Count < KeptMax)
            _idle.Enqueue(answer);
        else
            answer.Dispose();
    }
}
