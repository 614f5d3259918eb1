namespace RobustMQ.Storage.Client.Appends;

/// <summary>Producer sequence numbers: 31 bits, from <see cref="int.MaxValue"/> on to 0.</summary>
internal static class Sequences
{
    private const long Circle = 1L << 31;

    public static int Add(int sequence, int count) => (int)(((long)sequence + count) & int.MaxValue);

    /// <summary>Whether <paramref name="left"/> lies ahead of <paramref name="right"/>, the shorter way round.</summary>
    public static bool IsAfter(int left, int right)
    {
        var ahead = ((long)left - right + Circle) % Circle;
        return ahead != 0 && ahead <= Circle / 2;
    }
}
