using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace RobustMQ.Nats.Gateway.Mq9.Json;

/// <summary>
/// The fields of a request's JSON object. A field that is null counts as absent. The first mistake found is kept and everything is answered with defaults from then on, so a command reads
/// all its fields, calls <see cref="End"/>, and asks for <see cref="Mistake"/> once.
/// </summary>
internal sealed class JsonFields : IDisposable
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    private readonly JsonDocument? _document;
    private readonly JsonFields? _parent;
    private readonly JsonElement _object;
    private readonly string _name;

    /// <summary>Those of the first fields that were asked for: with more than these at least one of them is known to nobody.</summary>
    private ulong _asked;
    private string? _mistake;

    /// <param name="name">Of the field in <paramref name="parent"/> that this object is.</param>
    private JsonFields(JsonDocument? document, JsonElement element, string name = "", JsonFields? parent = null)
    {
        _document = document;
        _object = element;
        _name = name;
        _parent = parent;
    }

    /// <summary>What is wrong with the payload, in words; null: nothing.</summary>
    public string? Mistake => _parent is null ? _mistake : _parent.Mistake;

    public bool IsEmpty => _object.ValueKind != JsonValueKind.Object;

    /// <summary>The whole object.</summary>
    public JsonElement Object => _object;

    /// <param name="mayBeEmpty">No payload at all is an object without fields.</param>
    public static JsonFields Parse(ReadOnlyMemory<byte> payload, bool mayBeEmpty = false)
    {
        if (payload.IsEmpty)
            return new JsonFields(null, default) { _mistake = mayBeEmpty ? null : "it is empty" };
        try
        {
            var document = JsonDocument.Parse(payload, Options);
            var mistake = FindMistake(document.RootElement, payload.Span);
            if (mistake is null)
                return new JsonFields(document, document.RootElement);
            document.Dispose();
            return new JsonFields(null, default) { _mistake = mistake };
        }
        catch (InvalidOperationException)
        {
            // The search for repeated names has come upon one that is no text.
            return new JsonFields(null, default) { _mistake = "it holds text that is not Unicode" };
        }
        catch (JsonException error)
        {
            return new JsonFields(null, default) { _mistake = Describe(error) };
        }
    }

    /// <summary>A field that every object of this request must have with text in it.</summary>
    public string RequiredText(string name, int lengthMax)
    {
        var text = Text(name, lengthMax);
        if (text is null)
            Note(name, "is missing");
        return text ?? string.Empty;
    }

    public string? Text(string name, int lengthMax)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.String)
        {
            Note(name, "must be a string");
            return null;
        }
        var text = value.GetString()!;
        if (text.Length <= lengthMax)
            return text;
        Note(name, $"is longer than {lengthMax} characters");
        return null;
    }

    public long? Number(string name, long min, long max)
    {
        if (!TryGet(name, out var value))
            return null;
        // 1.0 and 1e3 are whole numbers to a JavaScript client.
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out var number) || number != Math.Floor(number) || number < min || number > max)
        {
            var range = max == long.MaxValue ? $"from {min}" : string.Create(CultureInfo.InvariantCulture, $"from {min} to {max}");
            Note(name, $"must be a whole number {range}");
            return null;
        }
        return (long)number;
    }

    public long RequiredNumber(string name, long min, long max)
    {
        var number = Number(name, min, max);
        if (number is null)
            Note(name, "is missing");
        return number ?? min;
    }

    public bool Flag(string name)
    {
        if (!TryGet(name, out var value))
            return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Note(name, "must be true or false");
        return value.ValueKind == JsonValueKind.True;
    }

    public IReadOnlyList<string> Texts(string name, int countMax)
    {
        if (!TryGet(name, out var value))
            return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > countMax)
        {
            Note(name, $"must be a list of at most {countMax} strings");
            return [];
        }
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String)
                texts.Add(item.GetString()!);
            else
                Note(name, "must be a list of strings");
        }
        return texts;
    }

    /// <summary>An object within this one, whose mistakes count as this one's.</summary>
    public JsonFields Nested(string name)
    {
        if (!TryGet(name, out var value))
            return new JsonFields(null, default, name, this);
        if (value.ValueKind != JsonValueKind.Object)
        {
            Note(name, "must be an object");
            value = default;
        }
        return new JsonFields(null, value, name, this);
    }

    /// <summary>All fields have been asked for: any other one is a mistake.</summary>
    public void End()
    {
        if (IsEmpty)
            return;
        var at = 0;
        foreach (var field in _object.EnumerateObject())
        {
            if (IsAsked(at++))
                continue;
            Note(field.Name.Length > 64 ? field.Name[..64] : field.Name, "is not known");
            return;
        }
    }

    public void Dispose() => _document?.Dispose();

    private bool TryGet(string name, out JsonElement value)
    {
        value = default;
        if (IsEmpty)
            return false;
        var at = 0;
        foreach (var field in _object.EnumerateObject())
        {
            if (field.NameEquals(name))
            {
                _asked |= at < 64 ? 1UL << at : 0;
                value = field.Value;
                return value.ValueKind != JsonValueKind.Null;
            }
            at++;
        }
        return false;
    }

    private bool IsAsked(int at) => at < 64 && (_asked & (1UL << at)) != 0;

    private void Note(string name, string mistake)
    {
        if (_parent is not null)
            _parent.Note($"{_name}.{name}", mistake);
        else
            _mistake ??= $"{name} {mistake}";
    }

    private static string? FindMistake(JsonElement value, ReadOnlySpan<byte> payload)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return "it is not a JSON object";
        // Without escapes, what is Unicode as a whole is so in each of its texts.
        if (!payload.Contains((byte)'\\') && Utf8.IsValid(payload))
            return null;
        try
        {
            ReadTexts(value);
            return null;
        }
        catch (InvalidOperationException)
        {
            return "it holds text that is not Unicode";
        }
    }

    /// <summary>Throws at a name or string that is none: bytes that are not UTF-8, half a surrogate pair in escapes. So nobody who reads one later has to expect that.</summary>
    private static void ReadTexts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var field in value.EnumerateObject())
                {
                    _ = field.Name;
                    ReadTexts(field.Value);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    ReadTexts(item);
                break;
            case JsonValueKind.String:
                _ = value.GetString();
                break;
        }
    }

    private static string Describe(JsonException error) =>
        error.LineNumber is { } line && error.BytePositionInLine is { } column ? $"it is not valid JSON (line {line + 1}, byte {column + 1})" : "it is not valid JSON";
}
