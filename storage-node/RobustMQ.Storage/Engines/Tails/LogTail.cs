using System.Buffers;
using RobustMQ.Records;
using RobustMQ.Records.Batches;

namespace RobustMQ.Storage.Engines.Tails;

/// <summary>
/// The last batches of a log, kept in memory as they were appended, so that those who read at its end need no disk, however many they are. One writer; readers on any thread. It may forget
/// at any time whatever it holds: a reader that does not find its offset goes to the log itself. Whoever removes single records, or cuts the log, has it forget them first.
/// </summary>
internal sealed class LogTail(TailMemory memory) : IDisposable
{
    /// <summary>Of one log: what a reader may lag behind before it reads the disk. A second at 4 MB/s, and four answers of the usual size.</summary>
    private const int BytesMax = 4 << 20;

    private const int ChunkBytesMin = 4 << 10;
    private const int ChunkBytesMax = 256 << 10;

    /// <summary>Larger batches are not kept: few would push out all else.</summary>
    private const int BatchBytesMax = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Queue<TailChunk> _chunks = [];
    private TailChunk? _last;
    private TailChunk? _writing;
    private byte[]? _apart;
    private int _bytes;
    private int _writingBytes;

    /// <summary>Batches that begin before are not given out any more, though they share a chunk with others.</summary>
    private long _floor;

    /// <summary>A copy of a batch for its writer to stamp, valid until <see cref="End"/>, which must follow.</summary>
    public Span<byte> Begin(ReadOnlySpan<byte> batch)
    {
        Span<byte> room;
        if (batch.Length > Math.Min(BatchBytesMax, memory.BytesMax))
        {
            _apart = ArrayPool<byte>.Shared.Rent(batch.Length);
            room = _apart.AsSpan(0, batch.Length);
        }
        else
        {
            _writing = ChunkFor(batch.Length);
            room = _writing.Room(batch.Length);
        }
        _writingBytes = batch.Length;
        batch.CopyTo(room);
        return room;
    }

    /// <summary>The batch is in the log: readers may have it.</summary>
    public void Publish(long baseOffset, long end)
    {
        lock (_lock)
        {
            if (_last is { Used: > 0 } && _last.End != baseOffset)
                Clear();
            if (_writing is { IsGone: false } chunk)
                chunk.Publish(_writingBytes, baseOffset, end);
            else
                Clear();
        }
    }

    /// <summary>The copy is not looked at any more, whether it was published or not.</summary>
    public void End()
    {
        _writing?.Unpin();
        _writing = null;
        if (_apart is not null)
            ArrayPool<byte>.Shared.Return(_apart);
        _apart = null;
    }

    /// <summary>Answers a read whose beginning is in memory. Where memory ends, it ends.</summary>
    public bool TryRead(in LogRead read, IBufferWriter<byte> destination, out LogReadResult result)
    {
        result = default;
        var pass = new TailPass(read, destination);
        while (!pass.IsOver && TryPin(pass.Next, out var chunk, out var position, out var end))
        {
            pass.Take(chunk.Published(position, end));
            chunk.Unpin();
        }
        if (!pass.HasBegun)
            return false;
        memory.CountRead();
        result = new LogReadResult(ErrorCode.None, new Offset(pass.Next), pass.Bytes);
        return true;
    }

    /// <summary>Records before an offset have been removed, or some of them.</summary>
    public void Forget(long end)
    {
        lock (_lock)
        {
            while (_chunks.TryPeek(out var first) && first.Used > 0 && first.End <= end)
                DropFirst();
            if (_chunks.Count > 0)
                _floor = Math.Max(_floor, end);
        }
    }

    /// <summary>Everything is forgotten.</summary>
    public void Forget()
    {
        lock (_lock)
            Clear();
    }

    /// <summary>The memory of the oldest chunk is needed elsewhere.</summary>
    internal void Drop(TailChunk chunk)
    {
        lock (_lock)
        {
            if (chunk.IsGone)
                memory.Remove(chunk);
            while (!chunk.IsGone)
                DropFirst();
        }
    }

    public void Dispose()
    {
        End();
        Forget();
    }

    private bool TryPin(long offset, out TailChunk found, out int position, out int end)
    {
        lock (_lock)
        {
            foreach (var chunk in _chunks)
            {
                if (offset >= chunk.End)
                    continue;
                if (chunk.Used == 0 || offset < chunk.First)
                    break;
                (found, position, end) = (chunk, chunk.Find(offset), chunk.Used);
                if (chunk.BaseAt(position) < _floor)
                    break;
                chunk.Pin();
                return true;
            }
        }
        (found, position, end) = (null!, 0, 0);
        return false;
    }

    /// <summary>A chunk with room, pinned for the writer.</summary>
    private TailChunk ChunkFor(int batchBytes)
    {
        int wanted;
        lock (_lock)
        {
            if (_last is { } last && last.HasRoomFor(batchBytes))
            {
                last.Pin();
                return last;
            }
            // Small for a log that begins, so that many logs with a few records take little.
            wanted = Math.Max(batchBytes, Math.Clamp(_bytes, ChunkBytesMin, ChunkBytesMax));
            while (_bytes + wanted > BytesMax && _chunks.Count > 0)
                DropFirst();
        }
        var chunk = new TailChunk(this, wanted);
        lock (_lock)
        {
            _chunks.Enqueue(chunk);
            _last = chunk;
            _bytes += chunk.Capacity;
            chunk.Pin();
        }
        memory.Add(chunk);
        return chunk;
    }

    private void Clear()
    {
        _floor = 0;
        while (_chunks.Count > 0)
            DropFirst();
    }

    private void DropFirst()
    {
        var chunk = _chunks.Dequeue();
        chunk.IsGone = true;
        _bytes -= chunk.Capacity;
        if (_last == chunk)
            _last = null;
        memory.Remove(chunk);
        chunk.Unpin();
    }
}
