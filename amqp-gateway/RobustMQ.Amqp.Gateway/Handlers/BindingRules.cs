using System.Globalization;
using System.Text;
using RobustMQ.Amqp.Gateway.Topology;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>What a binding of an exchange must be.</summary>
internal static class BindingRules
{
    public static void Check(Exchange source, BindingSpec spec)
    {
        switch (source.Spec.Kind)
        {
            case ExchangeKind.Headers:
                CheckHeaders(spec.Arguments);
                break;
            case ExchangeKind.ConsistentHash when !uint.TryParse(Encoding.UTF8.GetString(spec.RoutingKey), NumberStyles.None, CultureInfo.InvariantCulture, out _):
                throw AmqpException.Precondition($"The binding key must be an integer: '{Encoding.UTF8.GetString(spec.RoutingKey)}'");
        }
    }

    private static void CheckHeaders(ArgumentTable arguments)
    {
        if (!arguments.TryFind("x-match", out var match))
            return;
        if (match.Type != FieldType.LongString)
            throw AmqpException.Precondition($"Invalid x-match field type {ArgumentTable.TypeName(match.Type)}; expected longstr");
        if (arguments.Text("x-match") is not ("all" or "any" or "all-with-x" or "any-with-x"))
            throw AmqpException.Precondition($"Invalid x-match field value <<\"{arguments.Text("x-match")}\">>; expected all, any, all-with-x, or any-with-x");
    }
}
