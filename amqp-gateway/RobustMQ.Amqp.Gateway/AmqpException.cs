using RobustMQ.Amqp.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway;

/// <summary>What a client did is answered with an error: of its channel, or of its whole connection where the code says so. The text is RabbitMQ's.</summary>
internal sealed class AmqpException(ReplyCode code, string text) : Exception($"{ReplyCodes.NameOf(code)} - {text}")
{
    public ReplyCode Code { get; } = code;

    public bool EndsConnection => ReplyCodes.EndsConnection(Code);

    public static AmqpException Precondition(string text) => new(ReplyCode.PreconditionFailed, text);

    public static AmqpException NoQueue(string queue, string vhost) => new(ReplyCode.NotFound, $"no queue '{queue}' in vhost '{vhost}'");

    public static AmqpException NoExchange(string exchange, string vhost) => new(ReplyCode.NotFound, $"no exchange '{exchange}' in vhost '{vhost}'");

    public static AmqpException Locked(string queue, string vhost) => new(
        ReplyCode.ResourceLocked,
        $"cannot obtain exclusive access to locked queue '{queue}' in vhost '{vhost}'. It could be originally declared on another connection or the exclusive property value does not match that of the original declaration.");

    public static AmqpException Storage(ErrorCode error) => new(ReplyCode.InternalError, $"the storage-node does not take this now ({error})");

    public static AmqpException Refused(string text) => new(ReplyCode.AccessRefused, text);

    public static AmqpException Unserved(string text) => new(ReplyCode.NotImplemented, text);
}
