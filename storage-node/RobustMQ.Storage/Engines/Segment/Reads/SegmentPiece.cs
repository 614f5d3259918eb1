using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Segments;

namespace RobustMQ.Storage.Engines.Segment.Reads;

/// <summary>What a read sees of one segment: as much of it as was there when the read came to it.</summary>
/// <param name="NextBase">Where to go on behind the segment.</param>
/// <param name="PlainTo">As <see cref="SegmentFile.PlainTo"/>.</param>
/// <param name="Hint">Position of the batch to begin with; -1 where it must be looked for.</param>
internal readonly record struct SegmentPiece(
    SegmentFile Segment, FileLease Lease, int Bytes, long NextBase, SparseIndex Index, bool HasDead, int PlainTo, int Generation, int Hint);
