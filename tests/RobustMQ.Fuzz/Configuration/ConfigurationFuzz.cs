using System.Net;
using System.Text;
using RobustMQ.GatewayKit.Identity;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Nats.Gateway;

namespace RobustMQ.Fuzz.Configuration;

/// <summary>Any file where the configuration belongs: options, or a list of mistakes, each in words.</summary>
public class ConfigurationFuzz
{
    [Fact]
    public void Any_file_is_options_or_mistakes() => Fuzzing.Run("configuration", rounds: 1200, static (input, _) =>
        Read(new SettingsSources().AddYaml(new StringReader(Encoding.UTF8.GetString(input)), "fuzz.yaml")));

    [Fact]
    public void Any_flags_and_variables_are_options_or_mistakes() => Fuzzing.Run("configuration", rounds: 400, static (input, mutation) =>
    {
        var text = Encoding.UTF8.GetString(input);
        var pieces = mutation.Cuts(text.Length).Append(text.Length).Zip(mutation.Cuts(text.Length).Prepend(0), (end, start) => text[Math.Min(start, end)..end]).ToList();
        var variables = new System.Collections.Hashtable();
        foreach (var piece in pieces)
            variables[$"ROBUSTMQ_NATS__{piece}"] = piece;
        Read(new SettingsSources().AddEnvironment(variables).AddFlags([.. pieces.Select(piece => piece.Length % 2 == 0 ? $"--nats:{piece}" : piece)]));
    });

    [Fact]
    public void Any_text_is_a_value_or_a_mistake_for_every_type() => Fuzzing.Run("configuration", rounds: 1000, static (input, mutation) =>
    {
        var text = Encoding.UTF8.GetString(input);
        var cuts = mutation.Cuts(text.Length);
        var value = cuts.Length > 1 ? text[cuts[0]..cuts[1]] : text;
        foreach (var unit in (string[])["", "ms", "s", "h", "KiB", "GiB"])
            ReadValue(value.Trim() + unit);
    });

    [Theory]
    [InlineData("NaNs")]
    [InlineData("NaNms")]
    [InlineData("-Infinityh")]
    [InlineData("Infinitym")]
    [InlineData("1e300s")]
    [InlineData("9223372036854775807GiB")]
    public void Numbers_that_are_none_are_mistakes(string text) => Assert.Equal(2, ReadValue(text));

    private static void Read(SettingsSources sources)
    {
        var settings = new SettingsReader(sources);
        _ = NatsOptions.Read(settings);
        _ = AuthOptions.Read(settings);
        try
        {
            settings.ThrowIfWrong();
        }
        catch (ConfigurationException wrong)
        {
            Assert.All(wrong.Mistakes, mistake => Assert.False(string.IsNullOrWhiteSpace(mistake)));
        }
    }

    /// <returns>How many of two numeric types refused the text.</returns>
    private static int ReadValue(string text)
    {
        var sources = new SettingsSources().AddFlags([$"--v={text}"]);
        var reader = new SettingsReader(sources);
        _ = reader.Flag("v", true, "r");
        _ = reader.Port("v", 1, "r");
        _ = reader.Address("v", IPAddress.Any, "r");
        _ = reader.Choice("v", UriKind.Absolute, "r");
        _ = reader.Texts("v", "r");
        return Mistakes(sources, settings => settings.Bytes("v", 1, 0, long.MaxValue, "r")) + Mistakes(sources, settings => settings.Duration("v", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.MaxValue, "r"));
    }

    private static int Mistakes(SettingsSources sources, Action<SettingsReader> read)
    {
        var settings = new SettingsReader(sources);
        read(settings);
        try
        {
            settings.ThrowIfWrong();
            return 0;
        }
        catch (ConfigurationException wrong)
        {
            return wrong.Mistakes.Count;
        }
    }
}
