using RobustMQ.Records;

namespace RobustMQ.Storage.Engines.Keys;

/// <summary>
/// What a log can say without walking over its records. Called from any thread. Offsets may be of records that were removed meanwhile; a key may be a user's rather than a
/// subject: who asked looks at the record.
/// </summary>
internal interface IIndexedLog
{
    /// <summary>Greatest lane below another in which records are; 0 where none is: lane 0 has no index, it is the log without the others.</summary>
    int FindLaneBelow(int lane);

    /// <summary>Adds the offsets of a lane (not 0) that lie in [from, until), ascending, until the list holds <paramref name="countMax"/>.</summary>
    void FindInLane(byte lane, Offset from, Offset until, int countMax, List<long> found);

    /// <summary>Newest offset before <paramref name="until"/> of a record with this key; <see cref="Offset.None"/> where there is none.</summary>
    Offset FindLastOfKey(ReadOnlySpan<byte> key, Offset until);

    /// <summary>
    /// Adds the first offsets in [from, until) of records with a key, or with a key that begins so. Ascending within one call, until <paramref name="countMax"/> were added.
    /// </summary>
    /// <returns>False where so many keys begin like this that walking over the log is cheaper; nothing was added.</returns>
    bool TryFindByKey(ReadOnlySpan<byte> key, bool isPrefix, Offset from, Offset until, int countMax, List<long> found);
}
