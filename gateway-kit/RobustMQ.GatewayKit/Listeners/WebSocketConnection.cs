using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>A WebSocket that was accepted: the bytes of its messages as a pipe; what is written goes out as binary messages.</summary>
/// <param name="ClientCertificate">Null where the client showed none.</param>
public sealed record WebSocketConnection(IDuplexPipe Transport, EndPoint? RemoteEndPoint, X509Certificate2? ClientCertificate, bool IsTls);
