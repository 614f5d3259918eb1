using RobustMQ.Records;
using RobustMQ.Storage.Disk;
using RobustMQ.Storage.Engines.Segment.Files;
using RobustMQ.Storage.Engines.Segment.Segments;

namespace RobustMQ.Storage.Engines.Segment.Syncs;

/// <summary>Brings full segments to the device, beside the log's appends, and writes the index that says so.</summary>
internal sealed class SegmentSealing(SegmentLog log)
{
    /// <summary>Seals what is full and not sealed: at the start, and again where it failed.</summary>
    public void SealRest()
    {
        foreach (var segment in log.Segments.Files)
        {
            if (segment != log.Segments.Last && segment is { Summary.IsSealed: false, IsBusy: false })
                Seal(segment);
        }
    }

    public void Seal(SegmentFile segment)
    {
        segment.IsBusy = true;
        log.Store.Jobs.Run(() => SealNow(segment));
    }

    /// <summary>Brings a full segment to the device and writes the index that says so.</summary>
    private void SealNow(SegmentFile segment)
    {
        try
        {
            if (!TrySync(segment))
                return;
            log.Directory.Sync();
            log.Store.Io.Synced(2);
            WriteSealed(segment);
        }
        catch (StorageException error) when (DiskErrors.IsUnopened(error))
        {
            log.ReportPassing(segment.Slot.Name, error.Message);
        }
        catch (StorageException error)
        {
            log.Fail(error);
        }
        finally
        {
            segment.IsBusy = false;
        }
    }

    /// <returns>False where there is nothing to sync any more, or the file cannot be opened at present.</returns>
    /// <exception cref="StorageException">The device refused.</exception>
    private bool TrySync(SegmentFile segment)
    {
        FileLease lease;
        try
        {
            lock (log.Lock)
            {
                if (log.IsClosed || !log.Segments.Files.Contains(segment))
                    return false;
                lease = log.Store.Files.Use(segment.Slot);
            }
        }
        catch (StorageException error)
        {
            log.ReportPassing(segment.Slot.Name, $"cannot be opened: {error.Message}");
            return false;
        }
        using (lease)
            lease.File.Sync();
        return true;
    }

    /// <summary>Without its index a segment is whole all the same: the next round of retention tries again.</summary>
    private void WriteSealed(SegmentFile segment)
    {
        lock (log.Lock)
        {
            if (log.IsClosed || !log.Segments.Files.Contains(segment))
                return;
            segment.SyncedBytes = segment.Bytes;
            var summary = segment.Summary with { IsSealed = true };
            try
            {
                IndexFile.Write(log.Directory, summary, segment.Index!);
                segment.Summary = summary;
            }
            catch (StorageException error)
            {
                log.ReportPassing(SegmentNames.Index(segment.BaseOffset), $"cannot be written: {error.Message}");
            }
        }
    }
}
