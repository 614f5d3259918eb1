using System.Net;

namespace RobustMQ.Interop.Tests.Servers;

/// <summary>A server under test, in a process of its own.</summary>
internal interface IInteropServer : IAsyncDisposable
{
    /// <summary>Where it takes NATS clients.</summary>
    IPEndPoint EndPoint { get; }
}
