using System.Buffers;

namespace RobustMQ.Records;

/// <summary>What namespaces and topics share: letters, digits, <c>.</c>, <c>_</c>, <c>-</c>; never <c>.</c> or <c>..</c> (Kafka's rule, so a name is also a safe folder name).</summary>
internal static class NameRules
{
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static bool IsName(string? text, int lengthMax) =>
        !string.IsNullOrEmpty(text)
        && text.Length <= lengthMax
        && text is not ("." or "..")
        && !text.AsSpan().ContainsAnyExcept(Allowed);
}
