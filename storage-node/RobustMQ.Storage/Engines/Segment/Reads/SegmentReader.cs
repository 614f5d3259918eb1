using System.Buffers;
using System.Runtime.InteropServices;
using RobustMQ.Records;
using RobustMQ.Records.Batches;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Engines.Segment.Segments;
using RobustMQ.Storage.Engines.Segment.Walks;

namespace RobustMQ.Storage.Engines.Segment.Reads;

/// <summary>
/// Reads of a log. The bytes go from the file into the caller's buffer in one copy and are checked there, batch by batch; only batches that lost records are copied once more. A reader
/// that comes back where it stopped is taken there without a look at the index.
/// </summary>
internal sealed class SegmentReader(SegmentLog log)
{
    private const int WindowBytesMin = 4 << 10;

    /// <summary>Looked through at once where records must be left out.</summary>
    private const int FilteredBytesMax = 256 << 10;

    private readonly ReadHints _hints = new();

    public LogReadResult Read(in LogRead read, IBufferWriter<byte> destination)
    {
        var pass = new SegmentPass(read, destination);
        while (true)
        {
            if (!TryBegin(pass.Next, out var piece, out var result))
                return pass.Result with { Error = result.Error, Next = result.Next };
            try
            {
                if (!Take(piece, pass))
                {
                    Remember(piece, pass, isOver: true);
                    return pass.Result;
                }
                Remember(piece, pass, isOver: false);
                pass.Next = Math.Max(pass.Next, piece.NextBase);
            }
            catch (SegmentDamage damage)
            {
                if (pass.Bytes > 0)
                    return pass.Result;
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
                segment, log.Store.Files.Use(segment.Slot), segment.Bytes, segments.BaseBehind(segment), segments.Batches.IndexOf(segment),
                segment.DeadCount > 0, segment.PlainTo, log.Generation, _hints.Find(segment, from));
            return true;
        }
    }

    /// <returns>Whether the read may go on with the next segment.</returns>
    private bool Take(in SegmentPiece piece, SegmentPass pass)
    {
        var position = Locate(piece, pass);
        pass.Begin(piece, position);
        while (position < piece.Bytes)
        {
            // All that there is room for lies in one buffer: one that grows by and by would be copied as often. Behind the first batch there is room for no other where not even a header fits.
            if (pass.Bytes > 0 && pass.BytesLeft <= RecordBatchHeader.Size)
                return false;
            var wanted = Math.Min(piece.Bytes - position, pass.Bytes > 0 ? pass.BytesLeft : Math.Max(pass.BytesLeft, WindowBytesMin));
            if (!TakeWindow(piece, pass, ref position, wanted))
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

    private bool TakeWindow(in SegmentPiece piece, SegmentPass pass, ref int position, int wanted)
    {
        if (piece.HasDead)
            return TakeFiltered(piece, pass, ref position, wanted);
        log.Store.Io.Read();
        var window = new SegmentWindow(piece.Lease.File, position, pass.Destination.GetSpan(wanted)[..wanted]);
        var taken = 0;
        var goesOn = true;
        while (goesOn && TryNext(piece, pass, ref window, position, taken, out var batch))
        {
            if (!pass.MayTake(batch, batch.Length))
            {
                goesOn = false;
                break;
            }
            var bytes = window.From(taken, batch.Length);
            if (bytes.Length < batch.Length)
                break;
            bytes = bytes[..batch.Length];
            if (!BatchInfo.IsIntact(bytes))
            {
                Stop(pass, taken, batch.BaseOffset, "a batch does not have the checksum it was stored with");
                return false;
            }
            pass.Look(batch, bytes);
            taken += batch.Length;
            goesOn = pass.Count(batch, batch.Length, batch.RecordCount);
        }
        pass.Destination.Advance(taken);
        position += taken;
        return goesOn && (taken > 0 || GrowWindow(piece, pass, window.From(0, 0), ref position, wanted));
    }

    /// <summary>Ends a read before a damaged batch; one that has nothing yet fails.</summary>
    private static void Stop(SegmentPass pass, int taken, long at, string what)
    {
        if (pass.Bytes == 0)
            throw new SegmentDamage(at, what);
        pass.Destination.Advance(taken);
    }

    /// <summary>The first batch is larger than the window.</summary>
    private bool GrowWindow(in SegmentPiece piece, SegmentPass pass, ReadOnlySpan<byte> window, ref int position, int wanted)
    {
        if (!BatchInfo.TryParse(window, position, piece.Bytes, out var batch) || batch.Length <= wanted)
            throw new SegmentDamage(pass.Next, "what lies there is no batch");
        return TakeWindow(piece, pass, ref position, batch.Length);
    }

    private bool TakeFiltered(in SegmentPiece piece, SegmentPass pass, ref int position, int wanted)
    {
        using var cursor = new BatchCursor(piece.Lease.File, piece.Bytes, Math.Min(wanted, FilteredBytesMax));
        log.Store.Io.Read();
        pass.Skip();
        using var opened = new OpenedBatch();
        var alive = new List<int>();
        while (cursor.TryRead(position, out var batch))
        {
            if (!SegmentWalk.Continues(batch, pass.Expected, piece.Segment))
                throw new SegmentDamage(pass.Next, "a batch does not follow the one before");
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

    private static bool TryNext(in SegmentPiece piece, SegmentPass pass, ref SegmentWindow window, int position, int taken, out BatchInfo batch)
    {
        batch = default;
        var rest = window.From(taken, RecordBatchHeader.Size + 1);
        if (rest.Length <= RecordBatchHeader.Size)
            return false;
        if (!BatchInfo.TryParse(rest, position + taken, piece.Bytes, out batch))
            return pass.Bytes > 0 ? false : throw new SegmentDamage(pass.Next, "what lies there is no batch");
        if (!SegmentWalk.Continues(batch, pass.Expected, piece.Segment))
            return pass.Bytes > 0 ? false : throw new SegmentDamage(pass.Next, "a batch does not follow the one before");
        return true;
    }

    private void Remember(in SegmentPiece piece, SegmentPass pass, bool isOver)
    {
        lock (log.Lock)
        {
            piece.Segment.PlainTo = Math.Max(piece.Segment.PlainTo, pass.PlainTo);
            if (isOver && pass.Bytes > 0 && log.Generation == piece.Generation)
                _hints.Add(piece.Segment, pass.Next, pass.Position);
        }
    }

    private bool IsCurrent(in SegmentPiece piece)
    {
        lock (log.Lock)
            return log.Generation == piece.Generation;
    }
}
