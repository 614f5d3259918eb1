using System.Text;
using System.Text.RegularExpressions;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Protocol;

namespace RobustMQ.Mqtt.Gateway.Names;

/// <summary>Renames topics of publishes and filters of subscriptions, as configured. The first rule that fits decides. Any thread.</summary>
internal sealed class TopicRewrites(IReadOnlyList<RewriteOptions> rules)
{
    private readonly Rule[] _publishes = [.. rules.Where(static rule => rule.Action != RewriteAction.Subscribe).Select(static rule => new Rule(rule))];
    private readonly Rule[] _subscribes = [.. rules.Where(static rule => rule.Action != RewriteAction.Publish).Select(static rule => new Rule(rule))];

    public bool HasPublishes => _publishes.Length > 0;

    public bool HasSubscribes => _subscribes.Length > 0;

    /// <summary>Null: it stays as it is.</summary>
    public byte[]? Publish(ReadOnlySpan<byte> topic, string clientId, string user) => Find(_publishes, topic, clientId, user);

    /// <param name="filter">Without <c>$share/name/</c>.</param>
    public byte[]? Subscribe(ReadOnlySpan<byte> filter, string clientId, string user) => Find(_subscribes, filter, clientId, user);

    /// <summary>A filter as a client writes it, with what it is renamed to.</summary>
    public ReadOnlySpan<byte> Subscribe(ReadOnlySpan<byte> topicFilter, MqttClient client)
    {
        if (!HasSubscribes || !FilterName.TryParse(topicFilter, out var name) || Subscribe(name.Filter, client.ClientId, client.Identity.Name) is not { } renamed)
            return topicFilter;
        return (byte[])[.. topicFilter[..^name.Filter.Length], .. renamed];
    }

    private static byte[]? Find(Rule[] rules, ReadOnlySpan<byte> name, string clientId, string user)
    {
        if (rules.Length == 0)
            return null;
        var text = Encoding.UTF8.GetString(name);
        foreach (var rule in rules)
        {
            if (rule.Apply(text, clientId, user) is { } renamed)
                return Encoding.UTF8.GetBytes(renamed);
        }
        return null;
    }

    private sealed class Rule(RewriteOptions options)
    {
        // Linear in the topic, whatever the pattern: topics are clients' input.
        private readonly Regex _pattern = new(options.Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

        public string? Apply(string name, string clientId, string user)
        {
            if (!MqttTopics.Matches(Encoding.UTF8.GetBytes(options.Source), Encoding.UTF8.GetBytes(name)))
                return null;
            var match = _pattern.Match(name);
            return match.Success && ClientPatterns.TryExpand(options.Target, clientId, user, out var target) ? match.Result(target) : null;
        }
    }
}
