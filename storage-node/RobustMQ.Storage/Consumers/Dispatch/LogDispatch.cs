using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Records.Subjects;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Logs;

namespace RobustMQ.Storage.Consumers.Dispatch;

/// <summary>
/// Tells the consumers of one log what is appended: each record is matched once, however many consumers there are, and only those that it concerns are touched. Batches that arrive in order are
/// matched as they are; where they do not, the log is read up to what is committed. Its gate is taken before a consumer's lock, never inside of it.
/// </summary>
internal sealed class LogDispatch : IThreadPoolWorkItem, IDisposable
{
    private const int PieceBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly LogPartition _partition;
    private readonly InterestRetention _retention;
    private readonly int _cachedSubjectsMax;
    private readonly SubjectTrie<DispatchEntry> _trie = new();
    private readonly List<DispatchEntry> _everything = [];
    private readonly Dictionary<byte[], DispatchEntry[]> _cache = new(Utf8Comparer.Instance);
    private readonly List<DispatchEntry> _found = [];
    private readonly List<LogLink> _links = [];
    private readonly List<Consumer> _touched = [];
    private readonly List<(long Until, TaskCompletionSource Done)> _waiting = [];
    private readonly OpenedBatch _opened = new();
    private long _matched;
    private int _refusing;
    private bool _isReading;

    public LogDispatch(LogPartition partition, InterestRetention retention, int cachedSubjectsMax)
    {
        _partition = partition;
        _retention = retention;
        _cachedSubjectsMax = cachedSubjectsMax;
        retention.Begin(this);
        lock (_gate)
        {
            // Whoever appends from now on sees this dispatch; whoever did before has moved the committed end.
            IsAttached = partition.TryAttach(this);
            _matched = partition.CommittedEnd.Value;
        }
    }

    /// <summary>Records before it were matched and pushed.</summary>
    public long Matched => Interlocked.Read(ref _matched);

    /// <summary>False: the log was closed meanwhile.</summary>
    public bool IsAttached { get; }

    public InterestRetention Retention => _retention;

    /// <summary>A consumer wants to pass expired records on before they go.</summary>
    public bool BuriesExpired
    {
        get
        {
            lock (_gate)
                return _links.Exists(static link => link.Consumer.BuriesDead);
        }
    }

    public bool HasLinks
    {
        get
        {
            lock (_gate)
                return _links.Count > 0;
        }
    }

    public void Add(LogLink link)
    {
        lock (_gate)
        {
            _links.Add(link);
            if (link.Consumer.RefusesAppends)
                _refusing++;
            foreach (var range in link.Progress.Bindings.Ranges)
                AddEntry(link, range);
        }
    }

    public void Remove(LogLink link)
    {
        lock (_gate)
        {
            if (!_links.Remove(link))
                return;
            if (link.Consumer.RefusesAppends)
                _refusing--;
            foreach (var range in link.Progress.Bindings.Ranges)
                RemoveEntry(link, range);
        }
    }

    public void AddRange(LogLink link, BindingRange range)
    {
        lock (_gate)
            AddEntry(link, range);
    }

    public void RemoveRange(LogLink link, BindingRange range)
    {
        lock (_gate)
            RemoveEntry(link, range);
    }

    /// <summary>A consumer has begun or ceased to refuse appends when it is full.</summary>
    public void ChangeRefusing(int by)
    {
        lock (_gate)
            _refusing += by;
    }

    /// <summary>Runs something while nothing is matched: what is done then holds exactly for the records behind <see cref="Matched"/>.</summary>
    public void WhileStill<TState>(TState state, Action<TState, long> run)
    {
        lock (_gate)
            run(state, _matched);
    }

    /// <summary>A batch was appended and is committed. The bytes are the caller's again afterwards.</summary>
    public void OnAppended(ReadOnlySpan<byte> batch, Offset baseOffset)
    {
        lock (_gate)
        {
            var end = baseOffset.Value + new RecordBatchHeader(batch).LastOffsetDelta + 1;
            if (end <= _matched)
                return;
            if (_partition.CommittedEnd.Value <= _matched)
                return;
            // Of a transaction nothing is matched before it is committed, and then it is read.
            if (_isReading || baseOffset.Value != _matched || !_partition.IsSettled(new RecordBatchHeader(batch), new Offset(end)))
            {
                BeginReading();
                return;
            }
            Match(batch, baseOffset.Value);
            AdvanceTo(end);
        }
    }

    /// <summary>Something was appended that nobody announces.</summary>
    public void OnCommitted()
    {
        lock (_gate)
        {
            if (_partition.CommittedEnd.Value > _matched)
                BeginReading();
        }
    }

    /// <summary>Somebody asked for records to be removed, and they are.</summary>
    /// <param name="areSingle">Not only the first ones.</param>
    public void OnRemoved(bool areSingle)
    {
        var links = new List<LogLink>();
        CopyLinks(links);
        foreach (var link in links)
            link.Consumer.OnRemoved(link, areSingle);
    }

    /// <summary>Whether everything that is committed was matched; otherwise the consumer's loop looks again when it was.</summary>
    public bool HasCaughtUp(Consumer consumer) => HasMatched(consumer, _partition.CommittedEnd.Value);

    /// <summary>Whether everything before an offset is matched; otherwise the consumer's loop looks again when more is.</summary>
    public bool HasMatched(Consumer consumer, long until)
    {
        lock (_gate)
        {
            if (_matched >= until || _partition.IsClosed)
                return true;
            if (!_touched.Contains(consumer))
                _touched.Add(consumer);
            BeginReading();
            return false;
        }
    }

    /// <summary>Completes when everything that is committed now is matched and pushed, or the log is closed.</summary>
    public Task CaughtUpAsync()
    {
        var until = _partition.CommittedEnd.Value;
        lock (_gate)
        {
            if (_matched >= until || _partition.IsClosed)
                return Task.CompletedTask;
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((until, done));
            BeginReading();
            return done.Task;
        }
    }

    /// <summary>Whether an append must be refused because a consumer that it concerns is full.</summary>
    public bool Refuses(ReadOnlySpan<byte> batch)
    {
        if (Volatile.Read(ref _refusing) == 0)
            return false;
        lock (_gate)
        {
            if (!_links.Exists(static link => link.Consumer.IsFull) || !_opened.TryOpen(batch))
                return false;
            var reader = _opened.Read(batch);
            while (reader.MoveNext())
            {
                foreach (var entry in Find(reader.Current.KeyIsSubject ? reader.Current.Key : _partition.TopicSubject))
                {
                    if (entry.Link.Consumer.IsFull && entry.Range.Until == long.MaxValue)
                        return true;
                }
            }
            return false;
        }
    }

    /// <summary>Adds the consumers that a record concerns.</summary>
    public void FindLinks(ReadOnlySpan<byte> subject, long offset, List<LogLink> links)
    {
        lock (_gate)
        {
            foreach (var entry in Find(subject))
            {
                var concerns = entry.Range.Covers(offset) || (offset < entry.Range.From && entry.Link.Consumer.HasPending(entry.Link.Progress, offset));
                if (concerns && !links.Contains(entry.Link))
                    links.Add(entry.Link);
            }
        }
    }

    public void CopyLinks(List<LogLink> links)
    {
        lock (_gate)
            links.AddRange(_links);
    }

    public static ReadyRecord ReadyOf(in Record record, long offset, int bytes) =>
        record.Headers.Count == 0
            ? new ReadyRecord(offset, 0, bytes, 0)
            : new ReadyRecord(offset, StorageHeaders.ExpiresAtMsOf(record), bytes, StorageHeaders.LaneOf(record));

    /// <summary>Nobody listens any more: it was taken from its log, and has no links.</summary>
    public void Dispose()
    {
        lock (_gate)
            _opened.Dispose();
    }

    void IThreadPoolWorkItem.Execute() => _ = CatchUpAsync();

    private void BeginReading()
    {
        if (_isReading)
            return;
        _isReading = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private async Task CatchUpAsync()
    {
        using var piece = new PooledBytes();
        while (true)
        {
            long from;
            long until;
            lock (_gate)
            {
                (from, until) = (_matched, _partition.CommittedEnd.Value);
                if (from >= until || _partition.IsClosed)
                {
                    _isReading = false;
                    AdvanceTo(from);
                    return;
                }
            }
            piece.Clear();
            var next = await ReadAsync(from, until, piece).ConfigureAwait(false);
            lock (_gate)
            {
                var walker = new BatchWalker(piece.Span);
                while (walker.MoveNext())
                {
                    var header = new RecordBatchHeader(walker.Current);
                    if (header.BaseOffset.Value < until && header.LastOffset.Value >= _matched)
                        Match(walker.Current, header.BaseOffset.Value);
                }
                AdvanceTo(Math.Min(next, until));
            }
        }
    }

    /// <returns>Where to read on: behind records that cannot be read, which the engine reports.</returns>
    private async ValueTask<long> ReadAsync(long from, long until, PooledBytes piece)
    {
        try
        {
            var start = Math.Max(from, _partition.Log.StartOffset.Value);
            if (start >= until)
                return until;
            var read = await _partition.Settled.ReadAsync(
                new LogRead { From = new Offset(start), Until = new Offset(until), MaxBytes = PieceBytes }, piece).ConfigureAwait(false);
            if (read.Error == ErrorCode.OffsetOutOfRange)
                return Math.Max(_partition.Log.StartOffset.Value, from);
            return read.Bytes == 0 ? until : Math.Max(read.Next.Value, from + 1);
        }
        catch (StorageException)
        {
            return from + 1;
        }
    }

    private void AdvanceTo(long end)
    {
        Interlocked.Exchange(ref _matched, Math.Max(_matched, end));
        foreach (var consumer in _touched)
            consumer.Schedule();
        _touched.Clear();
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_matched < _waiting[i].Until && !_partition.IsClosed)
                continue;
            _waiting[i].Done.TrySetResult();
            _waiting.RemoveAt(i);
        }
        _retention.OnMatched(_matched, _links.Count == 0);
    }

    private void Match(ReadOnlySpan<byte> batch, long baseOffset)
    {
        if (_links.Count == 0 || !_opened.TryOpen(batch))
            return;
        var reader = _opened.Read(batch);
        while (reader.MoveNext())
        {
            var offset = baseOffset + reader.CurrentDelta;
            if (offset < _matched)
                continue;
            ref readonly var record = ref reader.Current;
            var ready = default(ReadyRecord);
            foreach (var entry in Find(record.KeyIsSubject ? record.Key : _partition.TopicSubject))
            {
                var link = entry.Link;
                if (!entry.Range.Covers(offset) || link.LastPushed == offset)
                    continue;
                link.LastPushed = offset;
                if (ready.Bytes == 0)
                    ready = ReadyOf(record, offset, reader.CurrentEncoded.Length);
                if (link.Consumer.Push(link.Progress, ready, record.TimestampMs))
                    _touched.Add(link.Consumer);
            }
            if (ready.Bytes == 0)
                _retention.OnUnwanted(offset);
        }
    }

    private DispatchEntry[] Find(ReadOnlySpan<byte> subject)
    {
        var cache = _cache.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (cache.TryGetValue(subject, out var entries))
            return entries;
        _found.Clear();
        _trie.Match(subject, _found);
        _found.AddRange(_everything);
        entries = _found.Count == 0 ? [] : [.. _found];
        if (_cache.Count >= _cachedSubjectsMax)
            _cache.Clear();
        cache[subject] = entries;
        return entries;
    }

    private void AddEntry(LogLink link, BindingRange range)
    {
        var entry = new DispatchEntry(link, range);
        if (range.Filters.Count == 0)
            _everything.Add(entry);
        foreach (var filter in range.Filters)
            _trie.Add(filter, entry);
        Forget(range);
    }

    private void RemoveEntry(LogLink link, BindingRange range)
    {
        var entry = new DispatchEntry(link, range);
        if (range.Filters.Count == 0)
            _everything.Remove(entry);
        foreach (var filter in range.Filters)
            _trie.Remove(filter, entry);
        Forget(range);
    }

    /// <summary>Matches that a change of a binding makes wrong. A literal filter concerns one subject.</summary>
    private void Forget(BindingRange range)
    {
        foreach (var filter in range.Filters)
        {
            if (SubjectRules.HasWildcard(filter))
            {
                _cache.Clear();
                return;
            }
            _cache.Remove(filter);
        }
        if (range.Filters.Count == 0)
            _cache.Clear();
    }
}
