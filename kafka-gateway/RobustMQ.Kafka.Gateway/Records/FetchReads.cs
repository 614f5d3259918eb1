using RobustMQ.Kafka.Gateway.Requests;
using RobustMQ.Kafka.Protocol;
using RobustMQ.Records;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Kafka.Gateway.Records;

/// <summary>
/// The reads of one fetch. First all partitions are read as they are; where that is less than the client wants, all of them wait at once, and whichever has records first
/// ends the wait of the others.
/// </summary>
/// <param name="bytesMax">Of the answer. The first batch is given even where it alone is larger, as Kafka does: its reader would otherwise never get past it.</param>
internal sealed class FetchReads(ILogClient logs, IReadOnlyList<FetchPartition> partitions, int bytesMax)
{
    /// <summary>Reads under way together: enough to hide a round trip, few enough that what does not fit into the answer costs little.</summary>
    private const int TogetherMax = 16;

    private long _bytes;

    public bool HasEnough(int bytesMin) => _bytes >= Math.Min(bytesMin, bytesMax) || partitions.Any(static partition => partition.Error != KafkaError.None);

    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        for (var from = 0; from < partitions.Count; from += TogetherMax)
        {
            var together = partitions.Skip(from).Take(TogetherMax).Where(static partition => partition is { Log: not null, HasRecords: false }).ToList();
            var reads = together.ConvertAll(partition => logs.ReadAsync(Request(partition, TimeSpan.Zero), cancellationToken).AsTask());
            for (var index = 0; index < reads.Count; index++)
                Take(together[index], await reads[index].ConfigureAwait(false));
        }
    }

    /// <summary>Waits until some partition that had nothing has records, at most for a time.</summary>
    /// <returns>False: there is nothing to wait for.</returns>
    public async ValueTask<bool> WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        var waiting = partitions.Where(static partition => partition is { Log: not null, HasRecords: false }).ToList();
        if (waiting.Count == 0)
            return false;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reads = waiting.ConvertAll(partition => logs.ReadAsync(Request(partition, longest), enough.Token).AsTask());
        await Task.WhenAny(reads).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        for (var index = 0; index < reads.Count; index++)
        {
            var result = await reads[index].ConfigureAwait(false);
            if (result.Error == ErrorCode.Cancelled)
                result.Dispose();
            else
                Take(waiting[index], result);
        }
        return true;
    }

    private ReadRequest Request(FetchPartition partition, TimeSpan wait) => new()
    {
        Log = partition.Log!.Value,
        Offset = partition.Offset,
        MaxBytes = (int)Math.Max(1, Math.Min(partition.BytesMax, bytesMax - _bytes)),
        MaxWait = wait,
    };

    private void Take(FetchPartition partition, ReadResult result)
    {
        partition.Result?.Dispose();
        partition.Error = Outcomes.ToKafka(result.Error);
        partition.Result = result;
        if (_bytes > 0 && _bytes + result.Batches.Length > bytesMax)
        {
            // It does not fit beside what is there; its bounds are told all the same.
            partition.Result = new ReadResult(null, default)
            {
                NextOffset = partition.Offset,
                LogStartOffset = result.LogStartOffset,
                LogEndOffset = result.LogEndOffset,
            };
            result.Dispose();
            return;
        }
        _bytes += result.Batches.Length;
    }
}
