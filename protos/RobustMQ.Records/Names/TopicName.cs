namespace RobustMQ.Records;

/// <summary>Name of a stored stream: 1-249 characters of <c>[A-Za-z0-9._-]</c>, not <c>.</c> or <c>..</c>. A leading <c>_</c> marks an internal topic.</summary>
public readonly record struct TopicName
{
    public const int LengthMax = 249;

    private readonly string? _value;

    private TopicName(string value) => _value = value;

    /// <summary>At-most-once traffic that no other topic takes.</summary>
    public static TopicName Live { get; } = new("_live");

    /// <summary>What <see cref="Live"/> would take, when the publisher asked for storage.</summary>
    public static TopicName Durable { get; } = new("_durable");

    public string Value => _value ?? string.Empty;

    /// <summary>Hidden from listings unless asked for.</summary>
    public bool IsInternal => Value.StartsWith('_');

    public static bool TryParse(string? text, out TopicName result)
    {
        result = default;
        if (!NameRules.IsName(text, LengthMax))
            return false;
        result = new TopicName(text!);
        return true;
    }

    public static TopicName Parse(string text) =>
        TryParse(text, out var result) ? result : throw new FormatException($"'{text}' is not a topic name: 1-{LengthMax} of A-Z a-z 0-9 . _ -");

    public override string ToString() => Value;
}
