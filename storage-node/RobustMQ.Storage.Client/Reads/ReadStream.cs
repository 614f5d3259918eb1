using Grpc.Core;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client.Mapping;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Reads;

/// <summary>A stream that carries reads of many logs, one after the other.</summary>
internal sealed class ReadStream : IDisposable
{
    private readonly CancellationTokenSource _lifetime = new();
    private readonly AsyncDuplexStreamingCall<Proto.ReadManyRequest, Proto.ReadManyReply> _call;

    public ReadStream(Proto.LogService.LogServiceClient client) => _call = client.ReadMany(cancellationToken: _lifetime.Token);

    /// <summary>Asks and takes the whole answer. After an exception the stream is of no more use.</summary>
    public async ValueTask<ReadManyResult> ReadAsync(ReadManyRequest request, CancellationToken cancellationToken)
    {
        await using var withdrawing = cancellationToken.UnsafeRegister(static stream => ((ReadStream)stream!)._lifetime.Cancel(), this).ConfigureAwait(false);
        await SendAsync(LogMapping.ToMessage(request)).ConfigureAwait(false);
        var results = new ReadResult[request.Logs.Count];
        var taken = 0;
        while (await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            var reply = _call.ResponseStream.Current;
            foreach (var entry in reply.Entries)
                results[taken++] = LogMapping.FromMessage(entry);
            if (reply.Last)
                return new ReadManyResult(results);
        }
        throw Ended();
    }

    public void Dispose()
    {
        _call.Dispose();
        _lifetime.Dispose();
    }

    private async ValueTask SendAsync(Proto.ReadManyRequest message)
    {
        try
        {
            await _call.RequestStream.WriteAsync(message, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException)
        {
            // It ended while nobody read, or its connection goes just now.
            throw Ended();
        }
    }

    private static RpcException Ended() => new(new Status(StatusCode.Unavailable, "the storage-node ended the stream"));
}
