using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>Who got a delivery of a queue, and passes the client's answer on.</summary>
internal interface IQueueReader
{
    Queue Queue { get; }

    /// <summary>Answers one delivery.</summary>
    /// <param name="generation">Of the membership that brought it.</param>
    void Answer(DeliveryId delivery, AckKind kind, int generation);
}
