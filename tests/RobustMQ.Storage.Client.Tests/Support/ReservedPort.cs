using System.Net;
using System.Net.Sockets;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>
/// A loopback port that stays the test's own while nobody listens at it. A socket that is bound and does not listen keeps the system from giving the port to another server, or to a
/// connection that goes out; connections to it are refused, and a server may listen beside it.
/// </summary>
internal sealed class ReservedPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ReservedPort()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Number = ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public int Number { get; }

    public void Dispose() => _socket.Dispose();
}
