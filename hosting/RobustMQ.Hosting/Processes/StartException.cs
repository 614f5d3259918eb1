using System.Net;

namespace RobustMQ.Hosting.Processes;

/// <summary>A process cannot start; the message is one line for the operator (port in use, unreadable certificate, newer data format).</summary>
public sealed class StartException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>A listener cannot have its port. In the system's words: Kestrel's own take every listener for one of HTTP, and do not always say which address it was.</summary>
    public static StartException OfListener(string name, IPAddress address, int port, Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new($"{name} listener at {new IPEndPoint(address, port)}: {error.GetBaseException().Message}", error);
    }
}
