using System.Buffers;
using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Keys;
using RobustMQ.Storage.Engines.RocksDb;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Engines;

/// <summary>Random operations on a log with priorities, expiries and keys agree with a plain list: its records, each lane, each key's history, and what is due. Also after it is opened again.</summary>
public sealed class RocksDbModelTests : IAsyncLifetime
{
    private const int Lanes = 4;
    private const int PerKey = 5;

    private readonly string _directory = Directory.CreateTempSubdirectory("robustmq-").FullName;
    private readonly List<Expected> _model = [];
    private RocksDbLogEngine _engine = null!;
    private ILog _log = null!;
    private long _end;
    private long _nowMs = 1_000;

    private readonly record struct Expected(long Offset, string Key, int Lane, long ExpiresAtMs);

    public Task InitializeAsync()
    {
        _engine = new RocksDbLogEngine(_directory);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData(20_261_125, 0)]
    [InlineData(0, 0)]
    [InlineData(0, PerKey)]
    public async Task Random_operations_agree_with_a_plain_list(int fixedSeed, int perKey)
    {
        var seed = fixedSeed == 0 ? Environment.TickCount : fixedSeed;
        for (var round = 0; round < 20; round++)
        {
            var random = new Random(seed + round);
            var id = new LogId(Guid.NewGuid(), 0);
            var options = new LogOptions { Retention = new Retention { MaxRecordsPerKey = perKey } };
            _log = await _engine.OpenAsync(id, options);
            _model.Clear();
            _end = 0;
            for (var step = 0; step < 100; step++)
            {
                Step(random, perKey);
                if (random.Next(25) == 0)
                    await ReopenAsync(id, options, wholeEngine: random.Next(4) == 0);
                await CompareAsync(random, $"seed {seed + round}, step {step}");
            }
            await _log.DisposeAsync();
        }
    }

    private void Step(Random random, int perKey)
    {
        switch (random.Next(10))
        {
            case 0:
                var before = random.NextInt64(_end + 1);
                _log.DeleteBefore(new Offset(before));
                _model.RemoveAll(record => record.Offset < before);
                break;
            case 1:
                var offsets = Enumerable.Range(0, random.Next(1, 10)).Select(_ => random.NextInt64(_end + 1)).ToHashSet();
                _log.Delete([.. offsets.Select(offset => new Offset(offset))]);
                _model.RemoveAll(record => offsets.Contains(record.Offset));
                break;
            case 2:
                _end = Math.Max(0, _end - random.Next(6));
                _log.TruncateTo(new Offset(_end));
                _model.RemoveAll(record => record.Offset >= _end);
                break;
            case 3:
                _nowMs += random.Next(200);
                _log.ApplyRetention(_nowMs);
                _model.RemoveAll(record => record.ExpiresAtMs != 0 && record.ExpiresAtMs <= _nowMs);
                break;
            default:
                Append(random, perKey);
                break;
        }
    }

    private void Append(Random random, int perKey)
    {
        var records = new (string, string, int?, long?, long?)[random.Next(1, 8)];
        for (var i = 0; i < records.Length; i++)
        {
            var key = $"k.{random.Next(4)}{(random.Next(3) == 0 ? "\0x" : "")}";
            int? lane = random.Next(2) == 0 ? random.Next(Lanes) : null;
            long? expires = random.Next(3) == 0 ? _nowMs + 1 + random.Next(400) : null;
            records[i] = (key, "v", lane, expires, null);
            _model.Add(new Expected(_end++, key, lane ?? 0, expires ?? 0));
        }
        _log.Append(DiskNode.Records(records), new Epoch(1), 0);
        if (perKey == 0)
            return;
        foreach (var key in records.Select(record => record.Item1).Distinct())
        {
            var ofKey = _model.Where(record => record.Key == key).ToList();
            foreach (var displaced in ofKey.Take(Math.Max(0, ofKey.Count - perKey)))
                _model.Remove(displaced);
        }
    }

    private async Task ReopenAsync(LogId id, LogOptions options, bool wholeEngine)
    {
        await _log.DisposeAsync();
        if (wholeEngine)
        {
            await _engine.DisposeAsync();
            _engine = new RocksDbLogEngine(_directory);
        }
        _log = await _engine.OpenAsync(id, options);
    }

    private async Task CompareAsync(Random random, string where)
    {
        Assert.True(_log.EndOffset.Value == _end && _log.RecordCount == _model.Count, where);
        Assert.True(_log.StartOffset.Value == (_model.Count == 0 ? _end : _model[0].Offset), where);
        var bytes = new ArrayBufferWriter<byte>();
        await _log.ReadAsync(new LogRead { From = _log.StartOffset, MaxBytes = 1 << 20 }, bytes);
        Assert.True(_model.Select(record => (record.Offset, record.Key)).SequenceEqual(TestBatch.Read(bytes.WrittenSpan).Select(record => (record.Offset, record.Key!))), where);

        var index = (IIndexedLog)_log;
        var from = random.NextInt64(_end + 1);
        var until = from + random.Next(40);
        var countMax = random.Next(1, 12);
        for (var lane = 1; lane < Lanes; lane++)
        {
            var found = new List<long>();
            index.FindInLane((byte)lane, new Offset(from), new Offset(until), countMax, found);
            Assert.True(Within(from, until).Where(record => record.Lane == lane).Select(record => record.Offset).Take(countMax).SequenceEqual(found), $"{where}: lane {lane}");
            Assert.True(index.FindLaneBelow(lane) == _model.Where(record => record.Lane < lane).Select(record => record.Lane).DefaultIfEmpty().Max(), where);
        }
        foreach (var (key, isPrefix) in new[] { ("k.1", false), ("k.1", true), ("k.2\0x", false), ("k.", true), ("none", false) })
        {
            var found = new List<long>();
            Assert.True(index.TryFindByKey(Encoding.UTF8.GetBytes(key), isPrefix, new Offset(from), new Offset(until), countMax, found), where);
            var expected = Within(from, until).Where(record => isPrefix ? record.Key.StartsWith(key, StringComparison.Ordinal) : record.Key == key);
            Assert.True(expected.Select(record => record.Offset).Take(countMax).SequenceEqual(found), $"{where}: key {key}, prefix {isPrefix}");
            var last = isPrefix ? null : _model.Where(record => record.Key == key).Select(record => (long?)record.Offset).LastOrDefault();
            Assert.True(isPrefix || (last ?? -1) == _log.FindLastOfKey(Encoding.UTF8.GetBytes(key)).Value, where);
            var lastBefore = isPrefix ? null : Within(0, until).Where(record => record.Key == key).Select(record => (long?)record.Offset).LastOrDefault();
            Assert.True(isPrefix || (lastBefore ?? -1) == index.FindLastOfKey(Encoding.UTF8.GetBytes(key), new Offset(until)).Value, where);
        }
        CompareDue(where);
    }

    /// <summary>What expires next is never missed: the log is due no later than that.</summary>
    private void CompareDue(string where)
    {
        var expiring = _model.Where(record => record.ExpiresAtMs != 0).Select(record => record.ExpiresAtMs).ToList();
        if (expiring.Count == 0)
            return;
        var due = new List<LogId>();
        _engine.FindDue(expiring.Min(), int.MaxValue, due);
        Assert.True(due.Contains(_log.Id), where);
    }

    private IEnumerable<Expected> Within(long from, long until) => _model.Where(record => record.Offset >= from && record.Offset < until);
}
