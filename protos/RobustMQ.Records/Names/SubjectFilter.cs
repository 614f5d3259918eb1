using System.Text;

namespace RobustMQ.Records;

/// <summary>
/// A subject with wildcards: <c>*</c> one token, <c>&gt;</c> (last) one or more tokens, <c>**</c> zero or more tokens anywhere.
/// The three cover NATS, MQTT (<c>#</c> = zero or more) and AMQP (<c>#</c> anywhere).
/// </summary>
public readonly record struct SubjectFilter
{
    private readonly string? _value;

    private SubjectFilter(string value) => _value = value;

    /// <summary>Every subject.</summary>
    public static SubjectFilter All { get; } = new(">");

    public string Value => _value ?? string.Empty;

    public static bool TryParse(string? text, out SubjectFilter result)
    {
        result = default;
        if (string.IsNullOrEmpty(text) || !SubjectRules.IsFilter(Encoding.UTF8.GetBytes(text)))
            return false;
        result = new SubjectFilter(text);
        return true;
    }

    public static SubjectFilter Parse(string text) =>
        TryParse(text, out var result) ? result : throw new FormatException($"'{text}' is not a subject filter");

    public override string ToString() => Value;
}
