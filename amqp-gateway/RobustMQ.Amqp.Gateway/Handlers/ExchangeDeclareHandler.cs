using System.Text;
using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

internal sealed class ExchangeDeclareHandler : MethodHandler<ExchangeDeclare>
{
    protected override Task? Run(AmqpSession session, AmqpChannel channel, scoped in ExchangeDeclare method)
    {
        var arguments = ArgumentTable.Read(method.Arguments);
        var name = Encoding.UTF8.GetString(method.Exchange);
        var noWait = method.NoWait;
        if (method.Passive)
            return FindAsync(session.Connection, channel, name, noWait);
        if (name.Length == 0)
            throw AmqpException.Refused("operation not permitted on the default exchange");
        var type = Encoding.UTF8.GetString(method.Type);
        if (!ExchangeKinds.TryParse(type, out var kind))
            throw AmqpException.Precondition($"{(type.Length == 0 ? "invalid" : "unknown")} exchange type '{type}'");
        return DeclareAsync(session.Connection, channel, new ExchangeSpec(name, kind, method.Durable, method.AutoDelete, method.Internal, arguments), noWait);
    }

    private static async Task FindAsync(AmqpConnection connection, AmqpChannel channel, string name, bool noWait)
    {
        AmqpAccess.CheckExchange(connection, name);
        if (name.Length > 0)
            await Existing.ExchangeAsync(connection, name).ConfigureAwait(false);
        Answer(connection, channel, noWait);
    }

    private static async Task DeclareAsync(AmqpConnection connection, AmqpChannel channel, ExchangeSpec spec, bool noWait)
    {
        AmqpAccess.CheckExchange(connection, spec.Name);
        if (spec.Alternate is { } alternate)
            AmqpAccess.CheckExchange(connection, alternate);
        var vhost = connection.Vhost!;
        if (!vhost.Topology.TryGetExchange(spec.Name, out var present))
        {
            await vhost.SyncAsync().ConfigureAwait(false);
            if (!vhost.Topology.TryGetExchange(spec.Name, out present))
            {
                if (spec.Name.StartsWith("amq.", StringComparison.Ordinal))
                    throw AmqpException.Refused($"exchange name '{spec.Name}' contains reserved prefix 'amq.*'");
                await vhost.ChangeAsync([new ExchangePut(spec)], spec.Durable).ConfigureAwait(false);
            }
        }
        if (present is not null)
            Equivalence.Check(present.Spec, spec, vhost.Name);
        Answer(connection, channel, noWait);
    }

    private static void Answer(AmqpConnection connection, AmqpChannel channel, bool noWait)
    {
        if (!noWait)
            connection.Outbound.WriteMethod(channel.Number, default(ExchangeDeclareOk));
    }
}
