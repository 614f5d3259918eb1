using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>A fetch response together with the buffers that its records lie in.</summary>
internal sealed class FetchAnswer(FetchResponse response, IDisposable? reads) : IWireItem, IDisposable
{
    public void Carry<TWire>(ref TWire wire)
        where TWire : struct, IWire, allows ref struct => response.Carry(ref wire);

    public void Dispose() => reads?.Dispose();
}
