namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>
/// How many records a session has asked storage for and not got yet. It asks for as many as the client may have open, but for no more bytes than <see cref="BytesMax"/>, going by
/// the largest record that it has seen. Pure; guarded by its owner.
/// </summary>
internal sealed class SessionCredit
{
    /// <summary>Bytes that may be on their way to one client before storage is asked for more: what a fast client takes within some milliseconds.</summary>
    private const long BytesMax = 4 << 20;

    private const int StepMax = 256;
    private const int SmallRecordBytes = 1024;

    private long _outstanding;
    private long _peak;
    private int _largest = SmallRecordBytes;

    /// <summary>A record has come.</summary>
    public void Came(int bytes)
    {
        _largest = Math.Max(_largest, bytes);
        if (_outstanding > 0)
            _outstanding--;
    }

    /// <summary>The membership stands again after a lost connection: what has no answer comes again, and has its credit back for that.</summary>
    public void Restored(int open) => _outstanding = Math.Min(_outstanding + open, _peak);

    /// <param name="room">Records that the client could still be given, with what was asked for before.</param>
    /// <param name="openBytes">Bytes on their way to the client.</param>
    /// <returns>How many more to ask for now; 0: there is enough under way.</returns>
    public int Next(long room, int open, long openBytes)
    {
        var byBytes = Math.Max(0, BytesMax - openBytes) / _largest;
        var wanted = Math.Min(Math.Min(room, StepMax), open == 0 ? Math.Max(1, byBytes) : byBytes);
        // In steps: half of what may be under way is.
        if (_outstanding > wanted / 2 || wanted <= _outstanding)
            return 0;
        var more = (int)(wanted - _outstanding);
        _outstanding += more;
        _peak = Math.Max(_peak, _outstanding);
        return more;
    }
}
