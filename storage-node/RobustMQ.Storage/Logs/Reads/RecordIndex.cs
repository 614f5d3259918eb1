using RobustMQ.Records;
using RobustMQ.Storage.Engines;
using RobustMQ.Storage.Engines.Keys;

namespace RobustMQ.Storage.Logs.Reads;

/// <summary>Asks a log's indexes for wanted records, where it has any and they answer the question.</summary>
internal sealed class RecordIndex
{
    private readonly IIndexedLog? _log;
    private readonly WantedRecords _wanted;
    private readonly List<(byte[] Key, bool IsPrefix)>? _keys;

    public RecordIndex(ILog log, WantedRecords wanted)
    {
        _log = log as IIndexedLog;
        _wanted = wanted;
        // Records without a subject of their own are not found by key.
        if (_log is not null && wanted.Filters.Count > 0 && !wanted.MatchesTopic)
            _keys = KeysOf(wanted.Filters);
    }

    /// <summary>All filters are literal: a key each.</summary>
    public bool HasLiteralKeys => _keys is not null && !_keys.Exists(key => key.IsPrefix);

    /// <summary>Adds the first <paramref name="countMax"/> offsets in [from, until) of records that may be wanted, ascending.</summary>
    /// <returns>False where only walking over the log answers.</returns>
    public bool TryFind(Offset from, Offset until, int countMax, List<long> found)
    {
        if (_log is null)
            return false;
        if (_wanted.Lane is > 0)
        {
            _log.FindInLane(_wanted.Lane.Value, from, until, countMax, found);
            return true;
        }
        if (_keys is null)
            return false;
        foreach (var (key, isPrefix) in _keys)
        {
            if (!_log.TryFindByKey(key, isPrefix, from, until, countMax, found))
                return false;
        }
        if (_keys.Count > 1)
            found.Sort();
        if (found.Count > countMax)
            found.RemoveRange(countMax, found.Count - countMax);
        return true;
    }

    /// <summary>Adds the newest offset of every key that lies in [from, until). Only with <see cref="HasLiteralKeys"/>.</summary>
    public void FindLast(Offset from, Offset until, HashSet<long> found)
    {
        foreach (var (key, _) in _keys!)
        {
            if (_log!.FindLastOfKey(key, until) is var last && last >= from)
                found.Add(last.Value);
        }
    }

    /// <summary>Null where a filter is neither literal nor literal tokens with a last <c>&gt;</c>, or two of them may name one record.</summary>
    private static List<(byte[] Key, bool IsPrefix)>? KeysOf(IReadOnlyList<byte[]> filters)
    {
        var keys = new List<(byte[] Key, bool IsPrefix)>(filters.Count);
        foreach (var filter in filters)
        {
            var isPrefix = filter.Length > 1 && filter[^1] == '>' && filter[^2] == '.';
            var key = isPrefix ? filter.AsSpan(0, filter.Length - 1) : filter.AsSpan();
            // A token that merely contains a wildcard's letter is literal; walking over the log for it is right all the same.
            if (key.IndexOfAny((byte)'*', (byte)'>') >= 0)
                return null;
            keys.Add((key.ToArray(), isPrefix));
        }
        for (var i = 0; i < keys.Count; i++)
        {
            for (var j = 0; j < keys.Count; j++)
            {
                if (i != j && (keys[i].Key.AsSpan().SequenceEqual(keys[j].Key) || (keys[i].IsPrefix && keys[j].Key.AsSpan().StartsWith(keys[i].Key))))
                    return null;
            }
        }
        return keys;
    }
}
