using Grpc.Core;
using RobustMQ.Records;
using RobustMQ.Records.Live;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.Storage.Client.Live;

/// <summary>One connection's subscription that the storage-node has welcomed.</summary>
internal sealed class FeedStream : IDisposable
{
    private readonly AsyncDuplexStreamingCall<Proto.SubscribeRequest, Proto.SubscribeReply> _call;
    private readonly CancellationTokenSource _lifetime;

    private FeedStream(AsyncDuplexStreamingCall<Proto.SubscribeRequest, Proto.SubscribeReply> call, CancellationTokenSource lifetime)
    {
        _call = call;
        _lifetime = lifetime;
    }

    public IAsyncStreamReader<Proto.SubscribeReply> Replies => _call.ResponseStream;

    public IClientStreamWriter<Proto.SubscribeRequest> Requests => _call.RequestStream;

    public SubscriberId Id => new(_call.ResponseStream.Current.Welcome.SubscriberId);

    /// <summary>Says hello and waits for the welcome, which is then <see cref="Replies"/>' current message.</summary>
    /// <param name="cancellationToken">Of the attempt to open it, not of the stream.</param>
    /// <exception cref="StorageException">The first answer is no welcome.</exception>
    public static async ValueTask<FeedStream> OpenAsync(Proto.LogService.LogServiceClient client, string name, CancellationToken cancellationToken)
    {
        var lifetime = new CancellationTokenSource();
        var stream = new FeedStream(client.Subscribe(cancellationToken: lifetime.Token), lifetime);
        try
        {
            await stream._call.RequestStream.WriteAsync(
                new Proto.SubscribeRequest { Hello = new Proto.SubscribeRequest.Types.Hello { Name = name, Interest = true } }, cancellationToken).ConfigureAwait(false);
            if (await stream.Replies.MoveNext(cancellationToken).ConfigureAwait(false) && stream.Replies.Current.Welcome is not null)
                return stream;
            throw new StorageException(ErrorCode.Unavailable, "subscribe: no welcome");
        }
        catch
        {
            stream.End();
            stream.Dispose();
            throw;
        }
    }

    public void End() => _lifetime.Cancel();

    public void Dispose()
    {
        _call.Dispose();
        _lifetime.Dispose();
    }
}
