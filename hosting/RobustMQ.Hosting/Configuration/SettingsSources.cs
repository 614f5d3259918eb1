using System.Collections;
using YamlDotNet.Core;

namespace RobustMQ.Hosting.Configuration;

/// <summary>
/// Gathers settings from one YAML file, the environment (<c>ROBUSTMQ_NATS__PORT</c>) and flags (<c>--nats:port 4222</c>, <c>--nats:port=4222</c>), a later source winning.
/// Keys are paths; list items have their index as a level: <c>auth:users:0:name</c>.
/// </summary>
public sealed class SettingsSources
{
    public const string EnvironmentPrefix = "ROBUSTMQ_";

    /// <summary>Names the file, as <c>--config</c> does; no setting itself.</summary>
    public const string FileVariable = "ROBUSTMQ_CONFIG";

    private readonly Dictionary<string, Setting> _settings = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _mistakes = [];

    public IReadOnlyDictionary<string, Setting> Settings => _settings;

    public IReadOnlyList<string> Mistakes => _mistakes;

    public SettingsSources AddFile(string path)
    {
        try
        {
            using var text = new StreamReader(path);
            AddYaml(text, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _mistakes.Add($"{path}: {error.Message}");
        }
        return this;
    }

    public SettingsSources AddYaml(TextReader text, string name)
    {
        try
        {
            new YamlSettings(name, this).Read(text);
        }
        catch (YamlException error)
        {
            _mistakes.Add($"{name} line {error.Start.Line}: {error.Message}");
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            // YamlDotNet's scanner meets some broken documents like this, without a line.
            _mistakes.Add($"{name}: is no YAML: {error.Message}");
        }
        return this;
    }

    public SettingsSources AddEnvironment(IDictionary variables)
    {
        foreach (DictionaryEntry variable in variables)
        {
            var name = (string)variable.Key;
            if (!name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) || name == FileVariable || variable.Value is not string value)
                continue;
            if (KubernetesServiceLinks.IsLink(name, value))
                continue;
            var key = name[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal).ToLowerInvariant();
            Set(key, new Setting(value, $"environment {name}", SettingSource.Environment));
        }
        return this;
    }

    /// <summary>Flags without a value mean <c>true</c>.</summary>
    public SettingsSources AddFlags(IReadOnlyList<string> arguments)
    {
        for (var at = 0; at < arguments.Count; at++)
        {
            var argument = arguments[at];
            if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2)
            {
                _mistakes.Add($"'{argument}' is no flag: --key value");
                continue;
            }
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                SetFlag(argument[..equals], argument[(equals + 1)..]);
            else if (at + 1 < arguments.Count && !arguments[at + 1].StartsWith("--", StringComparison.Ordinal))
                SetFlag(argument, arguments[++at]);
            else
                SetFlag(argument, "true");
        }
        return this;
    }

    internal void Refuse(string mistake) => _mistakes.Add(mistake);

    internal bool Contains(string key) => _settings.ContainsKey(key);

    /// <summary>A whole value replaces the items that an earlier source gave under the same key, and the other way round.</summary>
    internal void Set(string key, Setting setting)
    {
        foreach (var below in _settings.Keys.Where(existing => existing.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).ToList())
            _settings.Remove(below);
        for (var end = key.LastIndexOf(':'); end > 0; end = key.LastIndexOf(':', end - 1))
            _settings.Remove(key[..end]);
        _settings[key] = setting;
    }

    private void SetFlag(string flag, string value) => Set(flag[2..], new Setting(value, $"flag {flag}", SettingSource.Flag));
}
