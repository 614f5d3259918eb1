using RobustMQ.Amqp.Gateway.Channels;
using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Handlers;

/// <summary>Serves one method of a channel.</summary>
internal interface IMethodHandler
{
    MethodId Method { get; }

    /// <summary>Runs it.</summary>
    /// <param name="arguments">Valid during the call.</param>
    /// <returns>Null: it is done. Otherwise a task; nothing else of the connection runs before it ends.</returns>
    /// <exception cref="AmqpException">For the client: of its channel, or of the connection. The task may throw it, too.</exception>
    Task? Run(AmqpSession session, AmqpChannel channel, ReadOnlySpan<byte> arguments);
}

/// <summary>Decodes the arguments.</summary>
internal abstract class MethodHandler<T> : IMethodHandler
    where T : IAmqpMethod<T>, allows ref struct
{
    public MethodId Method => T.Id;

    public Task? Run(AmqpSession session, AmqpChannel channel, ReadOnlySpan<byte> arguments)
    {
        if (!T.TryRead(arguments, out var method))
            throw new AmqpException(ReplyCode.FrameError, $"cannot decode the arguments of {MethodNames.Of(T.Id)}");
        return Run(session, channel, method);
    }

    protected abstract Task? Run(AmqpSession session, AmqpChannel channel, scoped in T method);
}
