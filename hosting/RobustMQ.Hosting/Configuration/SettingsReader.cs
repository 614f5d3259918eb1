using System.Globalization;
using System.Net;

namespace RobustMQ.Hosting.Configuration;

/// <summary>
/// Reads typed options out of settings. Reading a key declares it: what nobody read is refused by <see cref="ThrowIfWrong"/>, and <see cref="Descriptions"/> documents
/// what was. Works without reflection, so under Native AOT too.
/// </summary>
public sealed class SettingsReader(SettingsSources sources)
{
    /// <summary>Sections that some process of RobustMQ reads: one file may configure all of them.</summary>
    private static readonly string[] KnownSections = ["data", "log", "admin", "storage", "gateway", "auth", "nats", "mqtt", "kafka", "amqp"];

    private readonly HashSet<string> _read = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _described = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _mistakes = [.. sources.Mistakes];
    private readonly List<SettingDescription> _descriptions = [];

    public IReadOnlyList<SettingDescription> Descriptions => _descriptions;

    public string Text(string key, string defaultValue, string reason) => Read(key, "text", defaultValue, reason)?.Text ?? defaultValue;

    /// <summary>A key that must be there; empty, and a mistake, where it is not.</summary>
    public string RequiredText(string key, string reason)
    {
        var setting = Read(key, "text", "required", reason);
        if (setting is null or { Text: "" })
            Refuse(key, "is required");
        return setting?.Text ?? string.Empty;
    }

    /// <summary>Null where it is not set.</summary>
    public string? OptionalText(string key, string reason) => Read(key, "text", "none", reason)?.Text;

    /// <summary>A secret: from <paramref name="key"/>, or from the file that <c>key_file</c> names.</summary>
    public string? Secret(string key, string reason)
    {
        var direct = OptionalText(key, reason);
        var file = Read(key + "_file", "path", "none", $"file that holds {key}");
        if (file is null)
            return direct;
        if (direct is not null)
        {
            Mistake(file, $"{key}_file", $"stands beside '{key}': give one of them");
            return direct;
        }
        try
        {
            return File.ReadAllText(file.Text).TrimEnd('\r', '\n');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Mistake(file, $"{key}_file", error.Message);
            return null;
        }
    }

    public bool Flag(string key, bool defaultValue, string reason)
    {
        var setting = Read(key, "true or false", defaultValue ? "true" : "false", reason);
        if (setting is null)
            return defaultValue;
        if (bool.TryParse(setting.Text, out var value))
            return value;
        Mistake(setting, key, "is neither true nor false");
        return defaultValue;
    }

    public int Number(string key, int defaultValue, int min, int max, string reason) => (int)LongNumber(key, defaultValue, min, max, reason);

    public long LongNumber(string key, long defaultValue, long min, long max, string reason)
    {
        var setting = Read(key, $"number {min}..{max}", defaultValue.ToString(CultureInfo.InvariantCulture), reason);
        if (setting is null)
            return defaultValue;
        if (long.TryParse(setting.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            return value;
        Mistake(setting, key, $"is no number from {min} to {max}");
        return defaultValue;
    }

    /// <summary>Bytes, with an optional unit: <c>65536</c>, <c>64KiB</c>, <c>1MiB</c>, <c>2GiB</c>.</summary>
    public long Bytes(string key, long defaultValue, long min, long max, string reason)
    {
        var setting = Read(key, "bytes (KiB, MiB, GiB)", defaultValue.ToString(CultureInfo.InvariantCulture), reason);
        if (setting is null)
            return defaultValue;
        if (Units.TryParseBytes(setting.Text, out var value) && value >= min && value <= max)
            return value;
        Mistake(setting, key, $"is no size from {min} to {max} bytes");
        return defaultValue;
    }

    /// <summary>A time with its unit: <c>500ms</c>, <c>10s</c>, <c>2m</c>, <c>1h</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan defaultValue, TimeSpan min, TimeSpan max, string reason)
    {
        var setting = Read(key, "duration (ms, s, m, h)", Units.Format(defaultValue), reason);
        if (setting is null)
            return defaultValue;
        if (Units.TryParseDuration(setting.Text, out var value) && value >= min && value <= max)
            return value;
        Mistake(setting, key, $"is no duration from {Units.Format(min)} to {Units.Format(max)}");
        return defaultValue;
    }

    public T Choice<T>(string key, T defaultValue, string reason)
        where T : struct, Enum
    {
        var names = string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant();
        var setting = Read(key, names, defaultValue.ToString().ToLowerInvariant(), reason);
        if (setting is null)
            return defaultValue;
        if (!setting.Text.Any(char.IsAsciiDigit) && Enum.TryParse<T>(setting.Text, ignoreCase: true, out var value) && Enum.IsDefined(value))
            return value;
        Mistake(setting, key, $"is none of {names}");
        return defaultValue;
    }

    public int Port(string key, int defaultValue, string reason) => Number(key, defaultValue, 0, 65535, reason);

    public IPAddress Address(string key, IPAddress defaultValue, string reason)
    {
        var setting = Read(key, "IP address", defaultValue.ToString(), reason);
        if (setting is null)
            return defaultValue;
        if (IPAddress.TryParse(setting.Text, out var address))
            return address;
        Mistake(setting, key, "is no IP address");
        return defaultValue;
    }

    /// <summary>Items of a list: the keys <c>key:0</c>, <c>key:1</c>, ... under which an item's own keys stand.</summary>
    public IEnumerable<string> Items(string key)
    {
        for (var index = 0; HasSection($"{key}:{index}"); index++)
            yield return $"{key}:{index}";
    }

    /// <summary>
    /// A list of sections, each read by <paramref name="read"/> from its own path. <paramref name="read"/> is called once more with an item that does not exist, which
    /// documents its keys; what it returns then is dropped, and what it refuses is forgotten.
    /// </summary>
    public IReadOnlyList<T> List<T>(string key, Func<SettingsReader, string, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var mistakes = _mistakes.Count;
        _ = read(this, $"{key}:[]");
        _mistakes.RemoveRange(mistakes, _mistakes.Count - mistakes);
        return [.. Items(key).Select(item => read(this, item))];
    }

    /// <summary>
    /// A list of plain texts. One text instead of a list counts as a list of one; in the environment and in flags commas separate several, and nothing is an empty list.
    /// </summary>
    public IReadOnlyList<string> Texts(string key, string reason)
    {
        var texts = new List<string>();
        if (Read(key, "list of texts", "none", reason) is { } single)
        {
            if (single.Source == SettingSource.File)
                texts.Add(single.Text);
            else
                texts.AddRange(single.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        }
        foreach (var item in Items(key).Where(sources.Settings.ContainsKey))
        {
            _read.Add(item);
            texts.Add(sources.Settings[item].Text);
        }
        return texts;
    }

    public bool HasSection(string key) =>
        sources.Settings.ContainsKey(key) || sources.Settings.Keys.Any(path => path.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds a mistake about a key that was read, with where its value stands.</summary>
    public void Refuse(string key, string problem)
    {
        if (sources.Settings.TryGetValue(key, out var setting))
            Mistake(setting, key, problem);
        else
            _mistakes.Add($"{key}: {problem}");
    }

    /// <exception cref="ConfigurationException">A value was wrong, or a key is unknown.</exception>
    public void ThrowIfWrong()
    {
        var sectionsRead = _read.Select(Section).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, setting) in sources.Settings)
        {
            if (_read.Contains(key) || IsAnotherProcess(key, setting, sectionsRead))
                continue;
            var meant = NearestKey.Find(key, _read);
            _mistakes.Add($"{setting.Origin}: unknown key '{key}'{(meant is null ? string.Empty : $", did you mean '{meant}'?")}");
        }
        if (_mistakes.Count > 0)
            throw new ConfigurationException(_mistakes);
    }

    /// <summary>A file or an environment may be shared by several processes; a flag is meant for this one.</summary>
    private static bool IsAnotherProcess(string key, Setting setting, HashSet<string> sectionsRead) =>
        setting.Source != SettingSource.Flag
        && !sectionsRead.Contains(Section(key))
        && KnownSections.Contains(Section(key), StringComparer.OrdinalIgnoreCase);

    private static string Section(string key) => key.Split(':')[0];

    private Setting? Read(string key, string type, string defaultText, string reason)
    {
        var documented = string.Join(':', key.Split(':').Select(static level => level.All(char.IsAsciiDigit) ? "[]" : level));
        _read.Add(key);
        if (_described.Add(documented))
            _descriptions.Add(new SettingDescription(documented, type, defaultText, reason));
        return sources.Settings.GetValueOrDefault(key);
    }

    private void Mistake(Setting setting, string key, string problem) => _mistakes.Add($"{setting.Origin}: '{key}' {problem}");
}
