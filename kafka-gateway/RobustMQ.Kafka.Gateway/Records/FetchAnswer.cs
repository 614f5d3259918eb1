using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>A fetch response together with the buffers that its records lie in.</summary>
/// <param name="bytes">Of records; counted in <paramref name="fetched"/> until this is disposed.</param>
internal sealed class FetchAnswer(FetchResponse response, IDisposable? reads, FetchedBytes fetched, long bytes) : IWireItem, IDisposable
{
    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct => response.Carry(ref wire);

    public void Dispose()
    {
        fetched.Remove(bytes);
        reads?.Dispose();
    }
}
