using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>
/// Holds back a client that publishes faster than the storage-node stores: its socket is not read, so that nothing grows in the gateway. A client that would like to know, and that waits for more than
/// a moment, is told by connection.blocked and connection.unblocked.
/// </summary>
internal sealed class PublishBrake(AmqpConnection connection, TimeProvider time)
{
    /// <summary>Shorter waits are the pulse of a busy disk, which nobody needs to hear of.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private static ReadOnlySpan<byte> Reason => "low on memory"u8;

    /// <summary>Returns early where the connection ends: a storage-node that is away keeps no client here that has gone, or that is told to go.</summary>
    /// <param name="room">Completes when the client may go on.</param>
    public async ValueTask WaitAsync(Task room)
    {
        var wait = Task.WhenAny(room, connection.Ending);
        try
        {
            await wait.WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await WaitLongAsync(wait).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitLongAsync(Task wait)
    {
        var isTold = connection.Capabilities.ConnectionBlocked;
        if (isTold)
        {
            connection.Outbound.WriteMethod(0, new ConnectionBlocked { Reason = Reason });
            connection.Outbound.Flush();
        }
        await wait.ConfigureAwait(false);
        if (isTold)
            connection.Outbound.WriteMethod(0, default(ConnectionUnblocked));
        connection.Outbound.Flush();
    }
}
