using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>One entry's value where the database keeps it, and what keeps it there and the database open until this is disposed, once. For one caller.</summary>
internal readonly struct StoredValue(RocksDbStore store, IntPtr slice) : IDisposable
{
    /// <summary>False: there is no such entry.</summary>
    public bool IsThere => slice != IntPtr.Zero;

    public unsafe ReadOnlySpan<byte> Bytes
    {
        get
        {
            var start = Native.Instance.rocksdb_pinnableslice_value(slice, out var length);
            return new ReadOnlySpan<byte>((void*)start, checked((int)length));
        }
    }

    public void Dispose()
    {
        if (IsThere)
            Native.Instance.rocksdb_pinnableslice_destroy(slice);
        store.Leave();
    }
}
