using Grpc.Core;

namespace RobustMQ.Bench.Storage.Floor;

/// <summary>The sink's methods as gRPC knows them: what generated code would say of a service in a proto file, which knows no message that is only counted.</summary>
[BindServiceMethod(typeof(SinkBase), nameof(Bind))]
internal abstract class SinkBase
{
    private const string Name = "robustmq.bench.Sink";

    /// <summary>As <c>AppendStream</c>: an answer to every message.</summary>
    public static Method<Payload, Payload> TakeMethod { get; } = new(MethodType.DuplexStreaming, Name, nameof(Take), Payload.Marshaller, Payload.Marshaller);

    /// <summary>As <c>Read</c>: an answer of as many bytes as the request says.</summary>
    public static Method<Payload, Payload> GiveMethod { get; } = new(MethodType.Unary, Name, nameof(Give), Payload.Marshaller, Payload.Marshaller);

    /// <summary>One call for all: messages of as many bytes as the request says, until the caller has enough.</summary>
    public static Method<Payload, Payload> StreamMethod { get; } = new(MethodType.ServerStreaming, Name, nameof(Stream), Payload.Marshaller, Payload.Marshaller);

    /// <summary>The server asks here for methods, and finds what serves them by their names.</summary>
    public static void Bind(ServiceBinderBase binder, SinkBase? service)
    {
        binder.AddMethod(TakeMethod, service is null ? null : new DuplexStreamingServerMethod<Payload, Payload>(service.Take));
        binder.AddMethod(GiveMethod, service is null ? null : new UnaryServerMethod<Payload, Payload>(service.Give));
        binder.AddMethod(StreamMethod, service is null ? null : new ServerStreamingServerMethod<Payload, Payload>(service.Stream));
    }

    public abstract Task Take(IAsyncStreamReader<Payload> requests, IServerStreamWriter<Payload> replies, ServerCallContext context);

    public abstract Task<Payload> Give(Payload request, ServerCallContext context);

    public abstract Task Stream(Payload request, IServerStreamWriter<Payload> replies, ServerCallContext context);
}
