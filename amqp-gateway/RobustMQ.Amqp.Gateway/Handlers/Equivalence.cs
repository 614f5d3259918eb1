using RobustMQ.Amqp.Gateway.Topology;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>Whether what is declared again is what it was, in RabbitMQ's words.</summary>
internal static class Equivalence
{
    private static readonly string[] QueueArguments =
    [
        "x-expires", "x-message-ttl", "x-max-length", "x-max-length-bytes", "x-overflow", "x-dead-letter-exchange", "x-dead-letter-routing-key", "x-max-priority",
        "x-single-active-consumer", "x-delivery-limit", "x-queue-type", "x-max-age",
    ];

    public static void Check(ExchangeSpec present, ExchangeSpec wanted, string vhost)
    {
        var where = $"exchange '{present.Name}' in vhost '{vhost}'";
        Check("type", where, ExchangeKinds.NameOf(wanted.Kind), ExchangeKinds.NameOf(present.Kind));
        Check("durable", where, wanted.Durable, present.Durable);
        Check("auto_delete", where, wanted.AutoDelete, present.AutoDelete);
        Check("internal", where, wanted.Internal, present.Internal);
        Check("alternate-exchange", where, wanted.Arguments, present.Arguments);
    }

    public static void Check(QueueSpec present, QueueSpec wanted, string vhost)
    {
        var where = $"queue '{present.Name}' in vhost '{vhost}'";
        Check("durable", where, wanted.Durable, present.Durable);
        Check("auto_delete", where, wanted.AutoDelete, present.AutoDelete);
        foreach (var argument in QueueArguments)
        {
            if (argument == "x-queue-type" && (wanted.Arguments.Text(argument) ?? "classic") == (present.Arguments.Text(argument) ?? "classic"))
                continue;
            Check(argument, where, wanted.Arguments, present.Arguments);
        }
    }

    private static void Check(string name, string where, bool wanted, bool present) =>
        Check(name, where, wanted ? "true" : "false", present ? "true" : "false");

    private static void Check(string name, string where, string wanted, string present)
    {
        if (wanted != present)
            throw AmqpException.Precondition($"inequivalent arg '{name}' for {where}: received '{wanted}' but current is '{present}'");
    }

    private static void Check(string name, string where, ArgumentTable wanted, ArgumentTable present)
    {
        if (!wanted.SameValue(present, name))
            throw AmqpException.Precondition($"inequivalent arg '{name}' for {where}: received {wanted.Describe(name)} but current is {present.Describe(name)}");
    }
}
