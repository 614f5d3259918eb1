using RobustMQ.Nats.Gateway.Authentication;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Commands;

/// <summary>CONNECT: how the client wants to be served, and who it is.</summary>
internal sealed class ConnectCommand(NatsGatewayState gateway, NatsSession session)
{
    /// <summary>0: fixed INFO; 1: INFO may come at any time.</summary>
    private const int ProtocolMax = 1;

    public void Run(ReadOnlySpan<byte> json)
    {
        var connection = session.Connection;
        if (!ConnectOptions.TryParse(json, out var connect))
        {
            connection.Close(CloseReason.ProtocolViolation);
            return;
        }
        // A second CONNECT may change the account: what the client subscribed to belongs to the old one.
        connection.LeaveAccount();
        connection.Options = ClientOptions.From(connect);
        session.PauseFor(AuthenticateAsync(connect));
    }

    private async Task AuthenticateAsync(ConnectOptions connect)
    {
        var connection = session.Connection;
        await session.WhenUsersAreKnownAsync().ConfigureAwait(false);
        var outcome = await gateway.Authenticator.AuthenticateAsync(new AuthenticationRequest(connection, connect)).ConfigureAwait(false);
        if (outcome.Identity is not { } identity)
        {
            connection.Close(outcome.Failure ?? CloseReason.AuthenticationFailure);
            return;
        }
        if (!session.TryEnter(identity))
        {
            connection.Close(CloseReason.MaximumAccountConnections);
            return;
        }
        if (connect.Protocol is < 0 or > ProtocolMax)
            connection.Close(CloseReason.Protocol("Bad Client Protocol Version", NatsErrors.InvalidClientProtocol));
        else if (connect.NoResponders && !connect.Headers)
            connection.Close(CloseReason.Protocol("No Responders Requires Headers", NatsErrors.NoRespondersRequiresHeaders));
        else if (connection.Options.Verbose)
            connection.Outbound.Write("+OK\r\n"u8);
        connection.Outbound.Flush();
    }
}
