using System.Text;

namespace RobustMQ.Records;

/// <summary>
/// The address of one message: non-empty tokens joined by <c>.</c>, UTF-8, without white space, control characters or wildcard tokens.
/// Hot paths keep subjects as UTF-8 spans and ask <see cref="SubjectRules"/>; this type is for everything else.
/// </summary>
public readonly record struct Subject
{
    private readonly string? _value;

    private Subject(string value) => _value = value;

    public string Value => _value ?? string.Empty;

    public static bool TryParse(string? text, out Subject result)
    {
        result = default;
        if (string.IsNullOrEmpty(text) || !SubjectRules.IsSubject(Encoding.UTF8.GetBytes(text)))
            return false;
        result = new Subject(text);
        return true;
    }

    public static Subject Parse(string text) =>
        TryParse(text, out var result) ? result : throw new FormatException($"'{text}' is not a subject");

    public override string ToString() => Value;
}
