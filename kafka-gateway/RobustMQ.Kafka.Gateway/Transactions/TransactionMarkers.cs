using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Transactions;

/// <summary>Tells logs and groups how a transaction ended, for as long as it takes.</summary>
internal sealed partial class TransactionMarkers(IStorageClient storage, TimeProvider time, ILogger logger)
{
    private const int AtOnceMax = 64;

    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(2);

    /// <param name="coordinatorEpoch">What logs and groups have heard from a later coordinator stands.</param>
    /// <returns>False: a later coordinator decides, or the caller is not to go on.</returns>
    public async Task<bool> WriteAsync(Namespace ns, string id, TransactionState prepared, int coordinatorEpoch, CancellationToken cancellationToken)
    {
        var isCommit = prepared.Phase == TransactionPhase.PrepareCommit;
        var batch = new TransactionMarker(isCommit, coordinatorEpoch).ToBatch(prepared.ProducerId, prepared.ProducerEpoch, time.GetUtcNow().ToUnixTimeMilliseconds());
        var isFenced = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(prepared.Partitions, options, async (log, token) =>
                Note(await RepeatAsync(id, log.ToString(), () => AppendAsync(log, batch), token).ConfigureAwait(false))).ConfigureAwait(false);
            await Parallel.ForEachAsync(prepared.Groups, options, async (group, token) =>
                Note(await RepeatAsync(id, group, () => EndAsync(ns, group, prepared, coordinatorEpoch), token).ConfigureAwait(false))).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        return isFenced == 0;

        void Note(ErrorCode error)
        {
            if (error == ErrorCode.Fenced)
                Interlocked.Exchange(ref isFenced, 1);
        }
    }

    private async ValueTask<ErrorCode> AppendAsync(TopicPartition log, byte[] batch) =>
        (await storage.Logs.AppendAsync(new AppendRequest { Log = log, Batch = batch, IsOwnEncoding = true }).ConfigureAwait(false)).Error;

    private ValueTask<ErrorCode> EndAsync(Namespace ns, string group, TransactionState prepared, int coordinatorEpoch) =>
        storage.Consumers.EndPendingOffsetsAsync(
            new PendingEnd(ns, group, prepared.ProducerId, prepared.ProducerEpoch, coordinatorEpoch, prepared.Phase == TransactionPhase.PrepareCommit));

    /// <summary>The same marker twice is the same, so whatever may pass is tried again. A log that is gone has nothing open.</summary>
    private async ValueTask<ErrorCode> RepeatAsync(string id, string where, Func<ValueTask<ErrorCode>> tell, CancellationToken cancellationToken)
    {
        for (var pause = RetryMin; ; pause = pause * 2 < RetryMax ? pause * 2 : RetryMax)
        {
            var error = await TellAsync(tell).ConfigureAwait(false);
            switch (error)
            {
                case ErrorCode.None or ErrorCode.NotFound:
                    return ErrorCode.None;
                case ErrorCode.Fenced:
                    return error;
                case ErrorCode.Unsupported or ErrorCode.InvalidArgument:
                    // It cannot hold anything of a transaction.
                    LogRefused(logger, id, where, error);
                    return ErrorCode.None;
            }
            LogNotTold(logger, id, where, error);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whatever goes wrong: a producer waits for this.</summary>
    private static async ValueTask<ErrorCode> TellAsync(Func<ValueTask<ErrorCode>> tell)
    {
        try
        {
            return await tell().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            return error is StorageException refusal ? refusal.Code : ErrorCode.Internal;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The end of transaction {Id} does not fit {Where}: {Error}")]
    private static partial void LogRefused(ILogger logger, string id, string where, ErrorCode error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The end of transaction {Id} could not be told to {Where}: {Error}; it is tried again")]
    private static partial void LogNotTold(ILogger logger, string id, string where, ErrorCode error);
}
