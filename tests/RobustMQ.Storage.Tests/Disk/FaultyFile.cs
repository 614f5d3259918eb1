namespace RobustMQ.Storage.Tests.Disk;

/// <summary>Contents of a file: as synced, and the writes since.</summary>
internal sealed class FaultyFile
{
    private readonly List<(long Position, byte[] Bytes, long Length)> _unsynced = [];
    private byte[] _synced = [];

    /// <summary>As everybody sees it while the machine runs.</summary>
    public byte[] Current { get; private set; } = [];

    public int Length { get; private set; }

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        Apply(position, bytes);
        _unsynced.Add((position, bytes.ToArray(), -1));
    }

    public void SetLength(long length)
    {
        Resize(length);
        _unsynced.Add((0, [], length));
    }

    public void Sync()
    {
        _synced = Current.AsSpan(0, Length).ToArray();
        _unsynced.Clear();
    }

    public void Flip(long bit) => Current[bit / 8] ^= (byte)(1 << (int)(bit % 8));

    public FaultyFile Survive(AfterCrash mode, Random random)
    {
        var survivor = new FaultyFile();
        if (mode == AfterCrash.KeepsAll)
        {
            survivor.Apply(0, Current.AsSpan(0, Length));
        }
        else
        {
            survivor.Apply(0, _synced);
            for (var i = 0; mode == AfterCrash.KeepsSome && i < _unsynced.Count; i++)
                survivor.Redo(_unsynced[i], random);
        }
        survivor.Sync();
        return survivor;
    }

    private void Redo((long Position, byte[] Bytes, long Length) change, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                return;
            case 1 when change.Length < 0:
                Apply(change.Position, change.Bytes.AsSpan(0, random.Next(change.Bytes.Length + 1)));
                return;
            default:
                if (change.Length >= 0)
                    Resize(change.Length);
                else
                    Apply(change.Position, change.Bytes);
                return;
        }
    }

    private void Apply(long position, ReadOnlySpan<byte> bytes)
    {
        if (position + bytes.Length > Length)
            Resize(position + bytes.Length);
        bytes.CopyTo(Current.AsSpan((int)position));
    }

    private void Resize(long length)
    {
        if (length < Length)
            Current.AsSpan((int)length, Length - (int)length).Clear();
        if (length > Current.Length)
        {
            var larger = new byte[Math.Max(length, Current.Length * 2)];
            Current.AsSpan(0, Length).CopyTo(larger);
            Current = larger;
        }
        Length = (int)length;
    }
}
