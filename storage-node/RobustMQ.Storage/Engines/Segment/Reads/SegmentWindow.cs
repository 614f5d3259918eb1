using RobustMQ.Storage.Disk;

namespace RobustMQ.Storage.Engines.Segment.Reads;

/// <summary>
/// A part of a segment file on its way into a caller's buffer. It is read in steps that stay in the processor's cache until they have been checked, and no byte is read twice.
/// </summary>
/// <param name="position">Where in the file the window begins.</param>
/// <param name="room">The whole window.</param>
internal ref struct SegmentWindow(IStorageFile file, int position, Span<byte> room)
{
    /// <summary>The first step: who wants a record gets little more.</summary>
    private const int StepBytesMin = 16 << 10;

    private const int StepBytesMax = 256 << 10;

    private readonly Span<byte> _room = room;
    private int _filled;
    private int _step = StepBytesMin;

    /// <summary>What there is from a place in the window on, at least so many bytes unless the window or the file ends before.</summary>
    public ReadOnlySpan<byte> From(int at, int bytes)
    {
        var wanted = Math.Min(at + bytes, _room.Length);
        while (_filled < wanted)
        {
            var step = Math.Min(Math.Max(_step, wanted - _filled), _room.Length - _filled);
            var read = file.Read(position + _filled, _room.Slice(_filled, step));
            _filled += read;
            if (read < step)
                break;
            _step = Math.Min(2 * _step, StepBytesMax);
        }
        return _room[at.._filled];
    }
}
