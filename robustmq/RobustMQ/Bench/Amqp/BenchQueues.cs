using System.Text;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Bench.Amqp;

/// <summary>Durable queues with numbered names.</summary>
internal sealed class BenchQueues(AmqpBenchConnection connection, string prefix)
{
    private int _count;

    public void Declare(int count)
    {
        for (; _count < count; _count++)
            connection.Call(new QueueDeclare { Queue = Name(_count), Durable = true }, MethodId.QueueDeclareOk);
    }

    public void Delete()
    {
        while (_count > 0)
            connection.Call(new QueueDelete { Queue = Name(--_count) }, MethodId.QueueDeleteOk);
    }

    private byte[] Name(int at) => Encoding.UTF8.GetBytes($"{prefix}-{at}");
}
