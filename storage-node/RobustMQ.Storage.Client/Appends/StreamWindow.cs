namespace RobustMQ.Storage.Client.Appends;

/// <summary>The appends that are on the stream and have no answer, bounded in bytes. Guarded by the queue's lock.</summary>
internal sealed class StreamWindow(long bytesMax)
{
    private readonly Dictionary<ulong, PendingAppend> _appends = [];
    private long _bytes;

    /// <summary>One is always let through, whatever its size.</summary>
    public bool HasRoomFor(PendingAppend append) => _bytes == 0 || _bytes + append.SizeBytes <= bytesMax;

    public PendingAppend? Find(ulong id) => _appends.GetValueOrDefault(id);

    public void Add(PendingAppend append)
    {
        append.State = AppendState.InFlight;
        append.Lane.InFlight.AddLast(append);
        if (append.IsNumbered)
            append.Lane.NumberedInFlight++;
        _appends.Add(append.Id, append);
        _bytes += append.SizeBytes;
    }

    public void Remove(PendingAppend append)
    {
        _appends.Remove(append.Id);
        _bytes -= append.SizeBytes;
        append.Lane.InFlight.Remove(append);
        if (append.IsNumbered)
            append.Lane.NumberedInFlight--;
    }
}
