namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Offsets that go.</summary>
internal interface IRemoval
{
    bool Has(long offset);
}

/// <param name="To">Exclusive.</param>
internal readonly record struct OffsetRange(long From, long To) : IRemoval
{
    public bool Has(long offset) => offset >= From && offset < To;
}

internal readonly record struct OffsetSet(List<long> Sorted) : IRemoval
{
    public bool Has(long offset) => Sorted.BinarySearch(offset) >= 0;
}
