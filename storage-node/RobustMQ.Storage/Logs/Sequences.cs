namespace RobustMQ.Storage.Logs;

/// <summary>Sequence numbers of producers: 31 bits, from <see cref="int.MaxValue"/> on to 0.</summary>
internal static class Sequences
{
    private const long Circle = 1L << 31;

    /// <summary>Nothing lies further behind a number than this: beyond it is ahead.</summary>
    public const long Half = Circle / 2;

    /// <summary>How far <paramref name="to"/> lies behind <paramref name="from"/> on the circle of sequence numbers: positive ahead, negative or 0 back.</summary>
    public static long Distance(int from, int to)
    {
        var ahead = ((long)to - from + Circle) % Circle;
        return ahead > Half ? ahead - Circle : ahead;
    }
}
