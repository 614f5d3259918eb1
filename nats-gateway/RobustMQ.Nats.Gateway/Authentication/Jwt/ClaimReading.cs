using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>Reads claims: what is absent has Go's zero value, as in the library that issues them; what has another type than it must have is a <see cref="FormatException"/>.</summary>
internal static class ClaimReading
{
    public static string? Text(this JsonElement element, string name) => element.TryFind(name, out var value)
        ? value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name)
        : null;

    public static long Long(this JsonElement element, string name) => element.TryFind(name, out var value)
        ? value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Wrong(name)
        : 0;

    public static bool Flag(this JsonElement element, string name) => element.TryFind(name, out var value)
        && (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name));

    public static JsonElement Object(this JsonElement element, string name) => element.TryFind(name, out var value)
        ? value.ValueKind == JsonValueKind.Object ? value : throw Wrong(name)
        : default;

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) => element.TryFind(name, out var value)
        ? value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Wrong(name)
        : [];

    public static IReadOnlyList<string> Texts(this JsonElement element, string name) =>
        [.. element.Items(name).Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Wrong(name))];

    private static bool TryFind(this JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    private static FormatException Wrong(string name) => new($"The claim '{name}' has the wrong type.");
}
