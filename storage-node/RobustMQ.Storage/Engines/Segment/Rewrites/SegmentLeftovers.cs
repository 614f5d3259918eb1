using RobustMQ.Records;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Segments;

namespace RobustMQ.Storage.Engines.Segment.Rewrites;

/// <summary>Segments that are no longer part of their log and still there. Under the log's lock, but for <see cref="Delete"/>, which takes it.</summary>
internal sealed class SegmentLeftovers(SegmentLog log, LogFacts facts)
{
    private readonly List<SegmentFile> _segments = [];

    public bool AreGone => _segments.Count == 0;

    public void Add(List<SegmentFile> dropped) => _segments.AddRange(dropped);

    /// <summary>
    /// The new start is on the device before what lies before it goes. Where it cannot be written, the oldest goes first and each for good before the next: a full disk gets room, and the log
    /// that is left begins where its first segment does. What cannot be deleted stays for the next round of retention.
    /// </summary>
    public void Delete()
    {
        try
        {
            lock (log.Lock)
            {
                var isRecorded = facts.TrySyncStart();
                while (_segments.Count > 0)
                {
                    log.Directory.DeleteFile(SegmentNames.Index(_segments[0].BaseOffset));
                    log.Directory.DeleteFile(SegmentNames.Log(_segments[0].BaseOffset));
                    _segments.RemoveAt(0);
                    if (!isRecorded)
                        log.Directory.Sync();
                }
            }
        }
        catch (StorageException error)
        {
            log.ReportPassing(log.Directory.Path, $"old segments could not be deleted: {error.Message}");
        }
    }
}
