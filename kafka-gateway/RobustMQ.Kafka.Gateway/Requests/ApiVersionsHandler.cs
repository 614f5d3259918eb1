using RobustMQ.Kafka.Protocol;
using RobustMQ.Kafka.Protocol.Apis;

namespace RobustMQ.Kafka.Gateway.Requests;

/// <summary>Tells which versions of which APIs are served: those of the handlers. A client that asks in an unknown version is told in version 0.</summary>
internal sealed class ApiVersionsHandler(Func<ApiTable> apis) : ApiHandler
{
    private const short FallbackVersion = 0;

    public override KafkaApi Api => ApiVersionsRequest.Api;

    public override bool IsOpenToAll => true;

    public override ValueTask<Reply> HandleAsync(RequestContext context, ReadOnlyMemory<byte> body)
    {
        if (!Api.Has(context.Version))
            return new(new Reply<ApiVersionsResponse>(Api, FallbackVersion, context.Header.CorrelationId, List(KafkaError.UnsupportedVersion)));
        if (Read<ApiVersionsRequest>(context, body) is not { } request)
            return new(Reply.Close);
        var error = context.Version >= 3 && !(IsName(request.ClientSoftwareName) && IsName(request.ClientSoftwareVersion)) ? KafkaError.InvalidRequest : KafkaError.None;
        return new(Answer(context, List(error)));
    }

    private ApiVersionsResponse List(KafkaError error) => new()
    {
        Error = error,
        Apis = [.. apis().Handlers.Select(static handler => new ApiVersionsResponse.Range { Key = (short)handler.Api.Key, Min = handler.Api.Min, Max = handler.Api.Max })],
    };

    /// <summary>Letters, digits, <c>.</c> and <c>-</c>, not at an end (KIP-511).</summary>
    private static bool IsName(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-');
}
