using System.Diagnostics.CodeAnalysis;

namespace RobustMQ.Mqtt.Gateway.Names;

/// <summary>
/// <c>%c</c> (client identifier) and <c>%u</c> (user name) in configured topics. They stand for a whole level or a part of one, never for more: a name with a level separator, a wildcard
/// or a control character stands for nothing.
/// </summary>
internal static class ClientPatterns
{
    private static readonly System.Buffers.SearchValues<char> Unsafe = System.Buffers.SearchValues.Create("/+#\0");

    public static bool TryExpand(string pattern, string clientId, string user, [NotNullWhen(true)] out string? topic)
    {
        topic = null;
        if ((pattern.Contains("%c", StringComparison.Ordinal) && !IsSafe(clientId)) || (pattern.Contains("%u", StringComparison.Ordinal) && !IsSafe(user)))
            return false;
        // In one pass: what is filled in is not looked at again.
        var parts = new System.Text.StringBuilder(pattern.Length + clientId.Length);
        for (var at = 0; at < pattern.Length; at++)
        {
            var next = at + 1 < pattern.Length && pattern[at] == '%' ? pattern[at + 1] : '\0';
            if (next is not ('c' or 'u'))
            {
                parts.Append(pattern[at]);
                continue;
            }
            parts.Append(next == 'c' ? clientId : user);
            at++;
        }
        topic = parts.ToString();
        return true;
    }

    private static bool IsSafe(string name) => name.Length > 0 && !name.AsSpan().ContainsAny(Unsafe) && !name.Any(char.IsControl) && !name.StartsWith('$');
}
