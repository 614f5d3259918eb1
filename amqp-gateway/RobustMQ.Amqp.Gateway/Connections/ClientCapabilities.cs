using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>What a client says that it understands beyond the specification.</summary>
internal readonly record struct ClientCapabilities(bool ConsumerCancelNotify, bool ConnectionBlocked, bool AuthenticationFailureClose)
{
    /// <param name="clientProperties">A table, checked.</param>
    public static ClientCapabilities Read(ReadOnlySpan<byte> clientProperties)
    {
        if (!FieldTableReader.TryFind(clientProperties, "capabilities"u8, out var table) || table.Type != FieldType.Table)
            return default;
        return new ClientCapabilities(
            Has(table.Content, "consumer_cancel_notify"u8), Has(table.Content, "connection.blocked"u8), Has(table.Content, "authentication_failure_close"u8));
    }

    private static bool Has(ReadOnlySpan<byte> table, ReadOnlySpan<byte> name) => FieldTableReader.TryFind(table, name, out var value) && value.Integer != 0;
}
