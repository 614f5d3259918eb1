using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Gateway.Connections;

/// <summary>Where the answers of a connection go. One writer.</summary>
internal interface IAnswerOutput : IReferencingWriter, IDisposable
{
    /// <summary>Sends what was written. Until this completes the bytes that were appended are in use.</summary>
    /// <returns>False: the client takes nothing any more, or has not for too long.</returns>
    ValueTask<bool> FlushAsync();
}
