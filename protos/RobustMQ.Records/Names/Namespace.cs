namespace RobustMQ.Records;

/// <summary>A tenant: NATS account, AMQP vhost. 1-64 characters of <c>[A-Za-z0-9._-]</c>, and part of every name in the API.</summary>
public readonly record struct Namespace
{
    public const int LengthMax = 64;

    private const string DefaultName = "default";

    private readonly string? _value;

    private Namespace(string? value) => _value = value;

    /// <summary>The namespace of everything that names none; equal to <c>default(Namespace)</c>.</summary>
    public static Namespace Default => default;

    public string Value => _value ?? DefaultName;

    public static bool TryParse(string? text, out Namespace result)
    {
        result = default;
        if (!NameRules.IsName(text, LengthMax))
            return false;
        result = text == DefaultName ? default : new Namespace(text);
        return true;
    }

    public static Namespace Parse(string text) =>
        TryParse(text, out var result) ? result : throw new FormatException($"'{text}' is not a namespace: 1-{LengthMax} of A-Z a-z 0-9 . _ -");

    public override string ToString() => Value;
}
