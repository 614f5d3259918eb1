using System.Collections;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace RobustMQ.Hosting.Configuration;

/// <summary>
/// Gathers settings from one YAML file, the environment (<c>ROBUSTMQ_NATS__PORT</c>) and flags (<c>--nats:port 4222</c>, <c>--nats:port=4222</c>), a later source winning.
/// Keys are paths in lower case; list items have their index as a level: <c>auth:users:0:name</c>.
/// </summary>
public sealed class SettingsSources
{
    public const string EnvironmentPrefix = "ROBUSTMQ_";

    private readonly Dictionary<string, Setting> _settings = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _mistakes = [];

    public IReadOnlyDictionary<string, Setting> Settings => _settings;

    public IReadOnlyList<string> Mistakes => _mistakes;

    public SettingsSources AddFile(string path)
    {
        try
        {
            using var text = new StreamReader(path);
            AddYaml(text, Path.GetFileName(path));
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
            var parser = new Parser(text);
            parser.Consume<StreamStart>();
            if (parser.Accept<DocumentStart>(out _))
            {
                parser.Consume<DocumentStart>();
                AddNode(parser, string.Empty, name);
            }
        }
        catch (YamlException error)
        {
            _mistakes.Add($"{name} line {error.Start.Line}: {error.Message}");
        }
        return this;
    }

    public SettingsSources AddEnvironment(IDictionary variables)
    {
        foreach (DictionaryEntry variable in variables)
        {
            var name = (string)variable.Key;
            if (name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) && variable.Value is string value)
                Set(name[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal), value, $"environment {name}");
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
                Set(argument[2..equals], argument[(equals + 1)..], $"flag {argument[..equals]}");
            else if (at + 1 < arguments.Count && !arguments[at + 1].StartsWith("--", StringComparison.Ordinal))
                Set(argument[2..], arguments[++at], $"flag {argument}");
            else
                Set(argument[2..], "true", $"flag {argument}");
        }
        return this;
    }

    private void Set(string key, string text, string origin) => _settings[key] = new Setting(text, origin);

    private void AddNode(IParser parser, string path, string file)
    {
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            if (path.Length == 0)
            {
                if (scalar.Value.Length > 0)
                    _mistakes.Add($"{file} line {scalar.Start.Line}: expected 'key: value'");
            }
            else if (scalar.Value.Length > 0 || scalar.Style != ScalarStyle.Plain)
            {
                Set(path, scalar.Value, $"{file} line {scalar.Start.Line}");
            }
        }
        else if (parser.TryConsume<MappingStart>(out _))
        {
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>();
                AddNode(parser, path.Length == 0 ? key.Value : $"{path}:{key.Value}", file);
            }
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            for (var index = 0; !parser.TryConsume<SequenceEnd>(out _); index++)
                AddNode(parser, $"{path}:{index}", file);
        }
        else
        {
            var node = parser.Consume<NodeEvent>();
            _mistakes.Add($"{file} line {node.Start.Line}: anchors and aliases are not supported");
        }
    }
}
