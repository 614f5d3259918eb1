namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary>The arguments of one method, strings and tables as slices of the frame they were read from.</summary>
public interface IAmqpMethod<TSelf>
    where TSelf : IAmqpMethod<TSelf>, allows ref struct
{
    static abstract MethodId Id { get; }

    /// <summary>Bytes of the arguments, the method's own number apart.</summary>
    int Size { get; }

    void Write(ref AmqpWriter writer);

    /// <returns>False where the bytes are not these arguments and nothing else.</returns>
    static abstract bool TryRead(ReadOnlySpan<byte> payload, out TSelf method);
}
