namespace RobustMQ.Records.Consumers;

/// <summary>A start policy with what belongs to it. The default is <see cref="StartPolicy.All"/>.</summary>
/// <param name="Offset">For <see cref="StartPolicy.Offset"/>: of every partition.</param>
/// <param name="TimeMs">For <see cref="StartPolicy.Time"/>: Unix milliseconds.</param>
public readonly record struct ConsumerStart(StartPolicy Policy, Offset Offset = default, long TimeMs = 0)
{
    public static ConsumerStart All => default;

    public static ConsumerStart New => new(StartPolicy.New);

    public static ConsumerStart Last => new(StartPolicy.Last);

    public static ConsumerStart LastPerSubject => new(StartPolicy.LastPerSubject);

    public static ConsumerStart At(Offset offset) => new(StartPolicy.Offset, offset);

    public static ConsumerStart Since(long timeMs) => new(StartPolicy.Time, TimeMs: timeMs);
}
