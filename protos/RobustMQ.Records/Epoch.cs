namespace RobustMQ.Records;

/// <summary>Term of a replication group's leader; stamped on every batch it appends and raised at every start.</summary>
public readonly record struct Epoch(int Value) : IComparable<Epoch>
{
    public static Epoch None => new(-1);

    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);

    public static bool operator <(Epoch left, Epoch right) => left.Value < right.Value;

    public static bool operator >(Epoch left, Epoch right) => left.Value > right.Value;

    public static bool operator <=(Epoch left, Epoch right) => left.Value <= right.Value;

    public static bool operator >=(Epoch left, Epoch right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString();
}
