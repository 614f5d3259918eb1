using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Authentication.Jwt;

/// <summary>
/// Permissions of a scoped signing key, whose subjects may hold <c>{{name()}}</c>, <c>{{subject()}}</c>, <c>{{account-name()}}</c>, <c>{{account-subject()}}</c>,
/// <c>{{tag(x)}}</c> and <c>{{account-tag(x)}}</c>. A tag with several values gives one subject for each.
/// </summary>
internal sealed class PermissionTemplate(SignedClaims user, TrustedAccount account)
{
    /// <summary>Subjects that one list may grow to, as in nats-server.</summary>
    private const int ExpansionsMax = 4096;

    /// <exception cref="FormatException">An operation is unknown, or a deny entry comes out as no subject: the user is refused rather than let through.</exception>
    public PermissionOptions Fill(PermissionOptions template)
    {
        var filled = template with
        {
            PublishAllow = Expand(template.PublishAllow, mustBeValid: false),
            PublishDeny = Expand(template.PublishDeny, mustBeValid: true),
            SubscribeAllow = Expand(template.SubscribeAllow, mustBeValid: false),
            SubscribeDeny = Expand(template.SubscribeDeny, mustBeValid: true),
        };
        // An allow list of which nothing is left must not turn into one that allows everything.
        return filled with
        {
            PublishDeny = template.PublishAllow.Count > 0 && filled.PublishAllow.Count == 0 ? [.. filled.PublishDeny, ">"] : filled.PublishDeny,
            SubscribeDeny = template.SubscribeAllow.Count > 0 && filled.SubscribeAllow.Count == 0 ? [.. filled.SubscribeDeny, ">"] : filled.SubscribeDeny,
        };
    }

    private List<string> Expand(IReadOnlyList<string> entries, bool mustBeValid)
    {
        var expanded = new List<string>();
        foreach (var entry in entries)
        {
            foreach (var text in Expand(entry, mustBeValid))
            {
                if (IsEntry(text))
                    expanded.Add(text);
                else if (mustBeValid)
                    throw new FormatException($"'{entry}' gives no valid subject.");
                if (expanded.Count > ExpansionsMax)
                    throw new FormatException($"'{entry}' gives more than {ExpansionsMax} subjects.");
            }
        }
        return expanded;
    }

    private List<string> Expand(string entry, bool mustBeValid)
    {
        var results = new List<string> { entry };
        while (true)
        {
            var start = results.Count == 0 ? -1 : results[0].IndexOf("{{", StringComparison.Ordinal);
            var end = start < 0 ? -1 : results[0].IndexOf("}}", start, StringComparison.Ordinal);
            if (end < 0)
                return results;
            var placeholder = results[0][start..(end + 2)];
            var values = ValuesOf(placeholder[2..^2].Trim());
            if (values.Count == 0 && mustBeValid)
                throw new FormatException($"'{placeholder}' has no value.");
            if ((long)results.Count * values.Count > ExpansionsMax)
                throw new FormatException($"'{entry}' gives more than {ExpansionsMax} subjects.");
            // A value cannot smuggle in a placeholder of its own: braces make no valid token here.
            results = [.. results.SelectMany(text => values.Where(static value => !value.Contains("{{", StringComparison.Ordinal))
                .Select(value => text.Replace(placeholder, value, StringComparison.Ordinal)))];
        }
    }

    private List<string> ValuesOf(string operation) => operation.ToLowerInvariant() switch
    {
        "name()" => [user.Name],
        "subject()" => [user.Subject.Text],
        "account-name()" => [account.Name],
        "account-subject()" => [account.PublicKey],
        var tag when tag.StartsWith("tag(", StringComparison.Ordinal) && tag.EndsWith(')') => TagValues(user.Tags, tag["tag(".Length..^1]),
        var tag when tag.StartsWith("account-tag(", StringComparison.Ordinal) && tag.EndsWith(')') => TagValues(account.Tags, tag["account-tag(".Length..^1]),
        _ => throw new FormatException($"'{{{{{operation}}}}}' is no known placeholder."),
    };

    private static List<string> TagValues(IReadOnlyList<string> tags, string name) =>
        [.. tags.Where(tag => tag.StartsWith(name + ":", StringComparison.Ordinal)).Select(tag => tag[(name.Length + 1)..])];

    private static bool IsEntry(string text)
    {
        var parts = text.Split(' ');
        return parts.Length <= 2 && Array.TrueForAll(parts, static part => SubjectRules.IsFilter(Encoding.UTF8.GetBytes(part)));
    }
}
