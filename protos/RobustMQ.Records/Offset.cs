namespace RobustMQ.Records;

/// <summary>Position of a record in its log. The first record of a log has offset 0 and offsets are contiguous at append.</summary>
public readonly record struct Offset(long Value) : IComparable<Offset>
{
    /// <summary>Stands for "no offset": an empty log's last record, a record that was not stored.</summary>
    public static Offset None => new(-1);

    public static Offset Zero => default;

    public int CompareTo(Offset other) => Value.CompareTo(other.Value);

    public static Offset operator +(Offset offset, long count) => new(offset.Value + count);

    public static long operator -(Offset left, Offset right) => left.Value - right.Value;

    public static bool operator <(Offset left, Offset right) => left.Value < right.Value;

    public static bool operator >(Offset left, Offset right) => left.Value > right.Value;

    public static bool operator <=(Offset left, Offset right) => left.Value <= right.Value;

    public static bool operator >=(Offset left, Offset right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString();
}
