using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;
using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Gateway.Requests;

/// <summary>Serves one API.</summary>
internal abstract class ApiHandler
{
    public abstract KafkaApi Api { get; }

    /// <summary>Served to clients that have not logged in.</summary>
    public virtual bool IsOpenToAll => false;

    /// <summary>The next request of the connection is served before this one is answered, as soon as this one has begun. Answers keep the order of the requests all the same.</summary>
    public virtual bool IsPipelined => false;

    /// <param name="body">The request without its header; valid until the reply is disposed.</param>
    public abstract ValueTask<Reply> HandleAsync(RequestContext context, ReadOnlyMemory<byte> body);

    /// <returns>Null: malformed.</returns>
    protected static T? Read<T>(RequestContext context, ReadOnlyMemory<byte> body)
        where T : class, IKafkaRequest, new()
    {
        var reader = new WireReader(body, context.Version, T.Api.IsFlexible(context.Version));
        var request = new T();
        request.Carry(ref reader);
        return reader.IsMalformed ? null : request;
    }

    protected Reply Answer<T>(RequestContext context, T response)
        where T : IWireItem
    {
        if (response is ThrottledResponse throttled)
            throttled.ThrottleMs = (int)context.Throttle.TotalMilliseconds;
        return new Reply<T>(Api, context.Version, context.Header.CorrelationId, response);
    }
}

/// <summary>Serves one API by its messages.</summary>
internal abstract class ApiHandler<TRequest, TResponse> : ApiHandler
    where TRequest : class, IKafkaRequest, new()
    where TResponse : IWireItem
{
    public override KafkaApi Api => TRequest.Api;

    public override async ValueTask<Reply> HandleAsync(RequestContext context, ReadOnlyMemory<byte> body) =>
        Read<TRequest>(context, body) is { } request ? Answer(context, await HandleAsync(request, context).ConfigureAwait(false)) : Reply.Close;

    protected abstract ValueTask<TResponse> HandleAsync(TRequest request, RequestContext context);
}
