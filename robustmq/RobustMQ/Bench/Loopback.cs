using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RobustMQ.Bench;

/// <summary>Bytes from memory through a loopback socket into memory and nothing else: the most that anything behind a socket of this machine can give.</summary>
internal static class Loopback
{
    private const int PieceBytes = 1 << 20;

    /// <returns>Bytes a second.</returns>
    public static double Rate(long bytes)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var sender = new TcpClient();
        sender.Connect((IPEndPoint)listener.LocalEndpoint);
        using var receiver = listener.AcceptTcpClient();
        var pieces = Math.Max(1, bytes / PieceBytes);
        var watch = Stopwatch.StartNew();
        var sending = LoadThread.Start(() =>
        {
            var piece = new byte[PieceBytes];
            for (var sent = 0L; sent < pieces; sent++)
                sender.GetStream().Write(piece);
        });
        var taken = new byte[PieceBytes];
        for (var received = 0L; received < pieces; received++)
            receiver.GetStream().ReadExactly(taken);
        sending.Join();
        return (double)pieces * PieceBytes / watch.Elapsed.TotalSeconds;
    }
}
