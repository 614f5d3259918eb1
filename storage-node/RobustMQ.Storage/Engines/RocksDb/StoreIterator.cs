using RocksDbSharp;

namespace RobustMQ.Storage.Engines.RocksDb;

/// <summary>Walks over entries of the database as they are at the moment of its making, and keeps the database open until it is disposed, once. For one caller.</summary>
internal readonly struct StoreIterator(RocksDbStore store, Iterator iterator) : IDisposable
{
    public IntPtr Handle => iterator.Handle;

    public bool Valid() => iterator.Valid();

    public void Seek(byte[] key) => iterator.Seek(key);

    /// <summary>The last entry at or before a key.</summary>
    public void SeekForPrev(byte[] key) => iterator.SeekForPrev(key);

    public void SeekToFirst() => iterator.SeekToFirst();

    public void Next() => iterator.Next();

    public void Prev() => iterator.Prev();

    /// <summary>Valid until the iterator moves, as <see cref="GetValueSpan"/>.</summary>
    public ReadOnlySpan<byte> GetKeySpan() => iterator.GetKeySpan();

    public ReadOnlySpan<byte> GetValueSpan() => iterator.GetValueSpan();

    public byte[] Key() => iterator.Key();

    public byte[] Value() => iterator.Value();

    public void Dispose()
    {
        iterator.Dispose();
        store.Leave();
    }
}
