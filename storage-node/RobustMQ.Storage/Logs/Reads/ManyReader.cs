using RobustMQ.Records.Logs;
using RobustMQ.Storage.Nodes;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>
/// Answers one read of many logs: goes through them in order, waits at all of them at once where that is not enough, and hands each on as soon as it is. Of what is handed on
/// no more than one log's bytes are held here.
/// </summary>
internal sealed class ManyReader(LogStore logs, ReadManyRequest request, IManyReadOutput output, StorageOptions options, StorageMetrics metrics, TimeProvider time)
{
    private readonly PartOfMany[] _parts = [.. request.Logs.Select(log => new PartOfMany(log, request.Isolation))];
    private readonly int _bytesMax = request.MaxBytes <= 0 ? ReadRequest.DefaultMaxBytes : Math.Min(request.MaxBytes, options.ReadBytesMax);
    private readonly List<Task> _growth = [];
    private int _bytes;
    private int _given;
    private bool _isFull;
    private bool _hasFailed;

    public async ValueTask ReadAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var wait = request.MaxWait < options.ReadWaitMax ? request.MaxWait : options.ReadWaitMax;
        try
        {
            while (true)
            {
                var left = wait - time.GetElapsedTime(started);
                await PassAsync(mayWait: left > TimeSpan.Zero).ConfigureAwait(false);
                if (IsEnough || left <= TimeSpan.Zero)
                    break;
                await WaitAsync(left, cancellationToken).ConfigureAwait(false);
            }
            await GiveAsync(_parts.Length).ConfigureAwait(false);
        }
        finally
        {
            foreach (var part in _parts)
                part.Dispose();
        }
    }

    private bool IsEnough => _hasFailed || _isFull || _bytes >= Math.Min(Math.Max(request.MinBytes, 1), _bytesMax);

    private async ValueTask PassAsync(bool mayWait)
    {
        _growth.Clear();
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var at = 0; at < _parts.Length; at++)
        {
            var part = _parts[at];
            await part.FindAsync(logs).ConfigureAwait(false);
            if (mayWait && !IsEnough && part.WaitForGrowth() is { } growth)
                _growth.Add(growth);
            if (!_isFull)
                await ReadAsync(part, nowMs).ConfigureAwait(false);
            _hasFailed |= part.HasFailed;
            if (IsEnough)
                await GiveAsync(at + 1).ConfigureAwait(false);
        }
    }

    private async ValueTask ReadAsync(PartOfMany part, long nowMs)
    {
        // Whatever the limit, the first batch of all: its reader would never get past it.
        var added = await part.ReadAsync(logs, Math.Max(1, _bytesMax - _bytes), isFirst: _bytes == 0, nowMs).ConfigureAwait(false);
        _isFull = added < 0 || _bytes + added >= _bytesMax;
        _bytes += Math.Max(0, added);
    }

    private async ValueTask GiveAsync(int until)
    {
        while (_given < until)
        {
            var result = _parts[_given++].ToResult(logs.IsDraining);
            metrics.Read(result.Batches.Span);
            await output.TakeAsync(result).ConfigureAwait(false);
        }
    }

    private async ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        // The clock is one of those waited for: whoever loses is left again, however long it lives.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _growth.Add(Task.Delay(atMost, time, over.Token));
        await Task.WhenAny(_growth).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
