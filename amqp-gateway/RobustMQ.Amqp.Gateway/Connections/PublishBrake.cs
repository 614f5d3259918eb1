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

    /// <param name="room">Completes when the client may go on.</param>
    public async ValueTask WaitAsync(Task room)
    {
        connection.IsHeldBack = true;
        try
        {
            await room.WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await WaitLongAsync(room).ConfigureAwait(false);
        }
        finally
        {
            connection.IsHeldBack = false;
            connection.Received();
        }
    }

    private async ValueTask WaitLongAsync(Task room)
    {
        var isTold = connection.Capabilities.ConnectionBlocked;
        if (isTold)
        {
            connection.Outbound.WriteMethod(0, new ConnectionBlocked { Reason = Reason });
            connection.Outbound.Flush();
        }
        await room.ConfigureAwait(false);
        if (isTold)
            connection.Outbound.WriteMethod(0, default(ConnectionUnblocked));
        connection.Outbound.Flush();
    }
}
