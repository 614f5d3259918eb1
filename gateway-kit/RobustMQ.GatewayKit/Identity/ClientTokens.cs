using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>
/// <c>%u</c> (user name) and <c>%c</c> (client identifier) in configured subject filters. A name stands for one token or a part of one, escaped as the mapping of names has it, and never for a
/// wildcard or for several tokens: a name that could has no token at all.
/// </summary>
internal static class ClientTokens
{
    public const string User = "%u";
    public const string Client = "%c";

    private static readonly System.Buffers.SearchValues<char> Unsafe = System.Buffers.SearchValues.Create("/+#*>");

    public static bool TryEscape(string name, [NotNullWhen(true)] out string? token)
    {
        token = null;
        if (name.Length == 0 || name.AsSpan().ContainsAny(Unsafe) || name.Any(static character => char.IsControl(character) || char.IsSurrogate(character)))
            return false;
        token = name.Replace(".", "//", StringComparison.Ordinal).Replace(" ", "/20", StringComparison.Ordinal);
        return true;
    }

    /// <summary>Puts tokens in, in one pass: what is put in is not looked at again.</summary>
    /// <param name="client">Null: left as it is.</param>
    public static string Expand(string filter, string user, string? client)
    {
        if (!filter.Contains('%', StringComparison.Ordinal))
            return filter;
        var result = new StringBuilder(filter.Length + 32);
        for (var at = 0; at < filter.Length; at++)
        {
            var put = filter[at] != '%' || at + 1 == filter.Length ? null : filter[at + 1] switch { 'u' => user, 'c' => client, _ => null };
            if (put is null)
                result.Append(filter[at]);
            else
                result.Append(put);
            at += put is null ? 0 : 1;
        }
        return result.ToString();
    }
}
