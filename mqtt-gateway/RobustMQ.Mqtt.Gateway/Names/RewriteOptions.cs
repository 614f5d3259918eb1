using System.Text;
using System.Text.RegularExpressions;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Names;

/// <summary>What a <see cref="RewriteOptions"/> is about.</summary>
public enum RewriteAction
{
    All = 0,
    Publish = 1,
    Subscribe = 2,
}

/// <summary>One renaming of topics: <c>mqtt:rewrite:0:...</c>.</summary>
public sealed record RewriteOptions
{
    public required RewriteAction Action { get; init; }

    /// <summary>A filter: only topics (or filters, taken as text) under it are looked at.</summary>
    public required string Source { get; init; }

    /// <summary>A regular expression without backtracking.</summary>
    public required string Pattern { get; init; }

    /// <summary>With <c>$1</c>... for the expression's groups, <c>%c</c> for the client identifier, <c>%u</c> for the user name.</summary>
    public required string Target { get; init; }

    public static RewriteOptions Read(SettingsReader settings, string section)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var options = new RewriteOptions
        {
            Action = settings.Choice($"{section}:action", RewriteAction.All, "renames topics of publishes, filters of subscriptions, or both"),
            Source = settings.RequiredText($"{section}:source", "filter of the topics that are looked at"),
            Pattern = settings.RequiredText($"{section}:pattern", "regular expression that the topic must match"),
            Target = settings.RequiredText($"{section}:target", "the new topic, with $1... for groups of the expression, %c for the client identifier and %u for the user name"),
        };
        if (!MqttTopics.IsFilter(Encoding.UTF8.GetBytes(options.Source), int.MaxValue))
            settings.Refuse($"{section}:source", "is no topic filter");
        try
        {
            _ = new Regex(options.Pattern, RegexOptions.NonBacktracking);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            settings.Refuse($"{section}:pattern", $"is no regular expression that can be used here: {error.Message}");
        }
        return options;
    }
}
