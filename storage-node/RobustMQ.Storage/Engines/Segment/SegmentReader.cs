using System.Buffers;
using System.Runtime.InteropServices;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;

namespace RobustMQ.Storage.Engines.Segment;

/// <summary>
/// Reads of a log. The bytes go from the file into the caller's buffer in one copy and are checked there, batch by batch; only batches that lost records are copied once more. A reader
/// that comes back where it stopped is taken there without a look at the index.
/// </summary>
internal sealed class SegmentReader(SegmentLog log)
{
    private const int ChunkBytesMin = 4 << 10;
    private const int ChunkBytesMax = 1 << 20;

    private readonly ReadHints _hints = new();

    public LogReadResult Read(in LogRead read, IBufferWriter<byte> destination)
    {
        var pass = new SegmentPass(read, destination);
        while (true)
        {
            if (!TryBegin(pass.Next, out var piece, out var result))
                return result with { Bytes = pass.Bytes };
            try
            {
                if (!Take(piece, pass))
                {
                    Remember(piece, pass);
                    return new LogReadResult(ErrorCode.None, new Offset(pass.Next), pass.Bytes);
                }
                pass.Next = Math.Max(pass.Next, piece.NextBase);
            }
            catch (SegmentDamage damage)
            {
                if (pass.Bytes > 0)
                    return new LogReadResult(ErrorCode.None, new Offset(pass.Next), pass.Bytes);
                if (IsCurrent(piece))
                    throw log.Damaged(piece.Segment, damage.At, damage.What);
            }
            finally
            {
                piece.Lease.Dispose();
            }
        }
    }

    private bool TryBegin(long from, out SegmentPiece piece, out LogReadResult result)
    {
        lock (log.Lock)
        {
            var segments = log.Segments;
            piece = default;
            result = new LogReadResult(ErrorCode.None, new Offset(segments.End), 0);
            if (from < segments.Start || from > segments.End)
            {
                result = new LogReadResult(ErrorCode.OffsetOutOfRange, new Offset(from), 0);
                return false;
            }
            if (from == segments.End || !segments.TryFindSegment(from, out var segment))
                return false;
            piece = new SegmentPiece(
                segment, log.Store.Files.Use(segment.Slot), segment.Bytes, segments.BaseBehind(segment), segments.IndexOf(segment),
                segment.DeadCount > 0, log.Generation, _hints.Find(segment, from));
            return true;
        }
    }

    /// <returns>Whether the read may go on with the next segment.</returns>
    private bool Take(in SegmentPiece piece, SegmentPass pass)
    {
        var position = Locate(piece, pass);
        pass.Position = position;
        // All of it will lie in one buffer: one that grows by and by would be copied as often.
        pass.Destination.GetSpan(Math.Max(1, Math.Min(piece.Bytes - position, pass.BytesLeft)));
        while (position < piece.Bytes)
        {
            var wanted = Math.Min(piece.Bytes - position, Math.Clamp(pass.BytesLeft, ChunkBytesMin, ChunkBytesMax));
            if (!TakeChunk(piece, pass, ref position, wanted))
                return false;
        }
        return true;
    }

    private static int Locate(in SegmentPiece piece, SegmentPass pass)
    {
        if (piece.Hint >= 0)
        {
            pass.Expected = pass.Next;
            return piece.Hint;
        }
        using var cursor = new BatchCursor(piece.Lease.File, piece.Bytes);
        var entry = piece.Index.FindOffset((uint)Math.Max(0, pass.Next - piece.Segment.BaseOffset));
        if (SegmentWalk.TryFind(cursor, piece.Segment, entry, pass.Next, out var batch, out var isBroken))
        {
            pass.Expected = batch.BaseOffset;
            return batch.Position;
        }
        return isBroken ? throw new SegmentDamage(pass.Next, "the batches before it do not follow each other") : piece.Bytes;
    }

    private bool TakeChunk(in SegmentPiece piece, SegmentPass pass, ref int position, int wanted)
    {
        if (piece.HasDead)
            return TakeFiltered(piece, pass, ref position, wanted);
        var chunk = pass.Destination.GetSpan(wanted)[..wanted];
        log.Store.Io.Read();
        var read = piece.Lease.File.Read(position, chunk);
        var taken = 0;
        var goesOn = true;
        while (goesOn && TryNext(piece, pass, chunk[..read], position, taken, out var batch))
        {
            if (!pass.MayTake(batch, batch.Length))
            {
                goesOn = false;
                break;
            }
            if (!BatchInfo.IsIntact(chunk.Slice(taken, batch.Length)))
            {
                Stop(pass, taken, batch.BaseOffset, "a batch does not have the checksum it was stored with");
                return false;
            }
            taken += batch.Length;
            goesOn = pass.Count(batch, batch.Length, batch.RecordCount);
        }
        pass.Destination.Advance(taken);
        position += taken;
        return goesOn && (taken > 0 || GrowChunk(piece, pass, chunk[..read], ref position, wanted));
    }

    /// <summary>Ends a read before a damaged batch; one that has nothing yet fails.</summary>
    private static void Stop(SegmentPass pass, int taken, long at, string what)
    {
        if (pass.Bytes == 0)
            throw new SegmentDamage(at, what);
        pass.Destination.Advance(taken);
    }

    /// <summary>The first batch is larger than the chunk.</summary>
    private bool GrowChunk(in SegmentPiece piece, SegmentPass pass, ReadOnlySpan<byte> chunk, ref int position, int wanted)
    {
        if (!BatchInfo.TryParse(chunk, position, piece.Bytes, out var batch) || batch.Length <= wanted)
            throw new SegmentDamage(pass.Next, "what lies there is no batch");
        // What would not be taken is not worth a larger buffer, into which all that was read would be copied.
        return pass.MayTake(batch, batch.Length) && TakeChunk(piece, pass, ref position, batch.Length);
    }

    private bool TakeFiltered(in SegmentPiece piece, SegmentPass pass, ref int position, int wanted)
    {
        using var cursor = new BatchCursor(piece.Lease.File, piece.Bytes, wanted);
        log.Store.Io.Read();
        using var opened = new OpenedBatch();
        var alive = new List<int>();
        while (cursor.TryRead(position, out var batch))
        {
            CheckChain(piece, pass, batch);
            if (!pass.MayTake(batch, batch.Length))
                return false;
            var bytes = cursor.Bytes(batch);
            if (!BatchInfo.IsIntact(bytes))
                throw new SegmentDamage(batch.BaseOffset, "a batch does not have the checksum it was stored with");
            var written = WriteAlive(piece.Segment, bytes, batch, opened, alive, pass.Destination);
            position = batch.End;
            if (!pass.Count(batch, written, alive.Count))
                return false;
        }
        return position == piece.Bytes ? true : throw new SegmentDamage(pass.Next, "what lies there is no batch");
    }

    private int WriteAlive(
        SegmentFile segment, ReadOnlySpan<byte> bytes, in BatchInfo batch, OpenedBatch opened, List<int> alive, IBufferWriter<byte> destination)
    {
        alive.Clear();
        if (!opened.TryOpen(bytes))
            return 0;
        var reader = opened.Read(bytes);
        lock (log.Lock)
        {
            for (var i = 0; reader.MoveNext(); i++)
            {
                if (segment.Dead?.Contains(reader.Current.Offset.Value) != true)
                    alive.Add(i);
            }
        }
        if (alive.Count == batch.RecordCount)
        {
            destination.Write(bytes);
            return bytes.Length;
        }
        if (alive.Count == 0)
            return 0;
        using var slice = new PooledBytes();
        RecordBatchSlicer.Write(bytes, opened.Records(bytes), CollectionsMarshal.AsSpan(alive), slice);
        destination.Write(slice.Span);
        return slice.Length;
    }

    private static bool TryNext(in SegmentPiece piece, SegmentPass pass, ReadOnlySpan<byte> chunk, int chunkPosition, int taken, out BatchInfo batch)
    {
        batch = default;
        var rest = chunk[taken..];
        if (rest.Length <= RecordBatchHeader.Size)
            return false;
        if (!BatchInfo.TryParse(rest, chunkPosition + taken, piece.Bytes, out batch))
        {
            return pass.Bytes > 0 ? false : throw new SegmentDamage(pass.Next, "what lies there is no batch");
        }
        if (batch.Length > rest.Length)
            return false;
        CheckChain(piece, pass, batch);
        return true;
    }

    private static void CheckChain(in SegmentPiece piece, SegmentPass pass, in BatchInfo batch)
    {
        if (!SegmentWalk.Continues(batch, pass.Expected, piece.Segment))
            throw new SegmentDamage(pass.Next, "a batch does not follow the one before");
    }

    private void Remember(in SegmentPiece piece, SegmentPass pass)
    {
        if (pass.Bytes == 0)
            return;
        lock (log.Lock)
        {
            if (log.Generation == piece.Generation)
                _hints.Add(piece.Segment, pass.Next, pass.Position);
        }
    }

    private bool IsCurrent(in SegmentPiece piece)
    {
        lock (log.Lock)
            return log.Generation == piece.Generation;
    }
}
