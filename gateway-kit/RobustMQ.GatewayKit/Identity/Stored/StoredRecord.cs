using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity.Stored;

/// <summary>Users and grants as the records of their topic (docs/formats/users.md): JSON under a key that says whose they are. An empty value: there are none any more.</summary>
internal static class StoredRecord
{
    private const int Version = 1;

    private const string UserKind = "user";
    private const string GrantsKind = "grants";

    /// <summary>Without filters: no publish by subject, of whatever protocol, is routed there. A name that no client thinks of.</summary>
    public static readonly TopicName Topic = TopicName.Parse("_auth-users");

    /// <summary>Names may hold what subjects may not.</summary>
    public static string KeyOf(string user) => $"{Topic.Value}.{UserKind}.{Token(user)}";

    public static string KeyOf(Namespace ns, string user) => $"{Topic.Value}.{GrantsKind}.{Token(ns.Value)}.{Token(user)}";

    /// <summary>Whose credentials a key is of.</summary>
    public static bool IsUser(string key, out string user)
    {
        var parts = key.Split('.');
        user = string.Empty;
        return parts.Length == 3 && parts[1] == UserKind && TryText(parts[2], out user);
    }

    /// <summary>Whose grants a key is of.</summary>
    public static bool IsGrants(string key, out Namespace ns, out string user)
    {
        var parts = key.Split('.');
        ns = default;
        user = string.Empty;
        return parts.Length == 4 && parts[1] == GrantsKind && TryText(parts[2], out var name) && Namespace.TryParse(name, out ns) && TryText(parts[3], out user);
    }

    public static byte[] Write(StoredUser user) => user.Verifiers.Count == 0 ? [] : JsonSerializer.SerializeToUtf8Bytes(
        new UserDocument(Version, user.Namespace.Value, [.. user.Verifiers.Select(static verifier => verifier.ToText())]), StoredRecordContext.Default.UserDocument);

    public static byte[] Write(StoredGrants grants) => grants.Grants.Count == 0 ? [] : JsonSerializer.SerializeToUtf8Bytes(
        new GrantsDocument(Version, [.. grants.Grants.Select(static grant => new GrantDocument(grant.Resource, grant.Name, grant.IsPrefix, grant.Operation, grant.IsDenied))]),
        StoredRecordContext.Default.GrantsDocument);

    /// <returns>Null: no such user any more.</returns>
    /// <exception cref="FormatException">The record is damaged, or of a newer version.</exception>
    public static StoredUser? ReadUser(string name, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return null;
        var document = Read(value, StoredRecordContext.Default.UserDocument);
        if (document.Version != Version || !Namespace.TryParse(document.Namespace, out var ns) || document.Scram.Count == 0)
            throw new FormatException("a user's record is of another version");
        return new StoredUser(name, ns, [.. document.Scram.Select(static text => ScramVerifier.TryParse(text ?? string.Empty, out var verifier) ? verifier! : throw new FormatException("a user's verifier cannot be read"))]);
    }

    /// <exception cref="FormatException">The record is damaged, or of a newer version.</exception>
    public static IReadOnlyList<Grant> ReadGrants(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
            return [];
        var document = Read(value, StoredRecordContext.Default.GrantsDocument);
        return document.Version == Version
            ? [.. document.Grants.Select(GrantOf)]
            : throw new FormatException("a user's grants are of another version");
    }

    private static Grant GrantOf(GrantDocument? document) =>
        document is not null && Enum.IsDefined(document.Resource) && Enum.IsDefined(document.Operation)
            ? new Grant(document.Resource, document.Name, document.Prefix, document.Operation, document.Deny)
            : throw new FormatException("a grant cannot be read");

    private static T Read<T>(ReadOnlySpan<byte> value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(value, type) ?? throw new FormatException("a record of users is empty");
        }
        catch (JsonException error)
        {
            throw new FormatException("a record of users cannot be read", error);
        }
    }

    private static string Token(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static bool TryText(string token, out string text)
    {
        text = string.Empty;
        if (!Base64Url.IsValid(token))
            return false;
        text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token));
        return text.Length > 0;
    }
}

internal sealed record UserDocument(
    [property: JsonRequired] int Version, [property: JsonRequired] string Namespace, [property: JsonRequired] IReadOnlyList<string> Scram);

internal sealed record GrantsDocument([property: JsonRequired] int Version, [property: JsonRequired] IReadOnlyList<GrantDocument> Grants);

internal sealed record GrantDocument(
    [property: JsonRequired] GrantResource Resource,
    [property: JsonRequired] string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Prefix,
    [property: JsonRequired] GrantOperation Operation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Deny);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(UserDocument))]
[JsonSerializable(typeof(GrantsDocument))]
internal sealed partial class StoredRecordContext : JsonSerializerContext;
