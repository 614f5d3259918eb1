using Grpc.Core;

namespace RobustMQ.Bench.Storage.Floor;

/// <summary>A storage-node without storage: takes what is appended and answers, gives what is read out of memory. Bytes instead of the API's messages, so that the transport alone is left.</summary>
internal sealed class SinkService : SinkBase
{
    private static readonly Payload Taken = Payload.Of(0);

    private Payload _given = Payload.Of(0);

    public override async Task Take(IAsyncStreamReader<Payload> requests, IServerStreamWriter<Payload> replies, ServerCallContext context)
    {
        while (await requests.MoveNext(context.CancellationToken).ConfigureAwait(false))
            await replies.WriteAsync(Taken).ConfigureAwait(false);
    }

    public override Task<Payload> Give(Payload request, ServerCallContext context) => Task.FromResult(Of(request.ToNumber()));

    public override async Task Stream(Payload request, IServerStreamWriter<Payload> replies, ServerCallContext context)
    {
        var given = Of(request.ToNumber());
        while (!context.CancellationToken.IsCancellationRequested)
            await replies.WriteAsync(given, context.CancellationToken).ConfigureAwait(false);
    }

    private Payload Of(int length)
    {
        if (_given.Length != length)
        {
            var bytes = new byte[length];
            new Random(1).NextBytes(bytes);
            _given = Payload.Of(bytes);
        }
        return _given;
    }
}
