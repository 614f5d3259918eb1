using RobustMQ.Hosting.Configuration;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Identity;

/// <summary>Permissions as they are configured.</summary>
public sealed record PermissionOptions
{
    /// <summary>Empty: every subject.</summary>
    public IReadOnlyList<string> PublishAllow { get; init; } = [];

    public IReadOnlyList<string> PublishDeny { get; init; } = [];

    /// <summary>Filters, or <c>filter queue</c>. Empty: every filter.</summary>
    public IReadOnlyList<string> SubscribeAllow { get; init; } = [];

    public IReadOnlyList<string> SubscribeDeny { get; init; } = [];

    /// <summary>Null: no right to answer where it may not publish anyway.</summary>
    public ResponseAllowance? Responses { get; init; }

    /// <summary>
    /// Reads <c>section:publish</c> and <c>section:subscribe</c> (each a list of what is allowed, or <c>allow</c> and <c>deny</c> below them) and
    /// <c>section:allow_responses</c>. Null where none of it is configured: everything is allowed.
    /// </summary>
    public static PermissionOptions? Read(SettingsReader settings, string section)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new PermissionOptions
        {
            PublishAllow =
            [
                .. Filters(settings, $"{section}:publish", "subject filters to publish to; short for publish:allow", allowsQueues: false),
                .. Filters(settings, $"{section}:publish:allow", "subject filters to publish to; none: every subject", allowsQueues: false),
            ],
            PublishDeny = Filters(settings, $"{section}:publish:deny", "subject filters never to publish to", allowsQueues: false),
            SubscribeAllow =
            [
                .. Filters(settings, $"{section}:subscribe", "subject filters to subscribe to; short for subscribe:allow", allowsQueues: true),
                .. Filters(settings, $"{section}:subscribe:allow", "subject filters, or 'filter queue', to subscribe to; none: every filter", allowsQueues: true),
            ],
            SubscribeDeny = Filters(settings, $"{section}:subscribe:deny", "subject filters, or 'filter queue', never to receive from", allowsQueues: true),
            Responses = ReadResponses(settings, $"{section}:allow_responses"),
        };
        return settings.HasSection(section) ? options : null;
    }

    /// <summary>Whether some filter has <c>%c</c> or <c>%u</c> in it.</summary>
    internal bool Mentions(string pattern) =>
        PublishAllow.Concat(PublishDeny).Concat(SubscribeAllow).Concat(SubscribeDeny).Any(filter => filter.Contains(pattern, StringComparison.Ordinal));

    private static ResponseAllowance? ReadResponses(SettingsReader settings, string key)
    {
        var isConfigured = settings.HasSection(key);
        var isAllowed = settings.Flag(key, isConfigured, "may answer requests on their reply subjects, and publish nothing else unless publish says so");
        var max = settings.Number($"{key}:max", 1, 0, int.MaxValue, "answers to one request; 0 is no limit");
        var expires = settings.Duration($"{key}:expires", TimeSpan.FromMinutes(2), TimeSpan.Zero, TimeSpan.FromDays(1), "time for the answers; 0s is no limit");
        return isAllowed ? new ResponseAllowance(max, expires) : null;
    }

    private static List<string> Filters(SettingsReader settings, string key, string reason, bool allowsQueues)
    {
        var filters = new List<string>();
        foreach (var entry in settings.Texts(key, reason))
        {
            var parts = entry.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var isValid = parts.Length is 1 or 2 && (allowsQueues || parts.Length == 1) && Array.TrueForAll(parts, static part => SubjectFilter.TryParse(part, out _));
            if (isValid)
                filters.Add(entry);
            else
                settings.Refuse(key, $"'{entry}' is no subject filter{(allowsQueues ? " or 'filter queue'" : string.Empty)}");
        }
        return filters;
    }
}
