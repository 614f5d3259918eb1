using System.Collections;
using System.Net;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Tests.Configuration;

public sealed class SettingsReaderTests
{
    [Fact]
    public void Values_are_read_in_their_types()
    {
        var reader = Reader(
            "a:\n  text: hello\n  flag: true\n  number: -3\n  size: 2MiB\n  wait: 1.5s\n  level: warning\n  at: '::1'\n  port: 4222\n  list: [x, 'y,z']\n  one: x,y\n");

        Assert.Equal("hello", reader.Text("a:text", "", "r"));
        Assert.True(reader.Flag("a:flag", false, "r"));
        Assert.Equal(-3, reader.Number("a:number", 0, -10, 10, "r"));
        Assert.Equal(2 << 20, reader.Bytes("a:size", 0, 0, 1 << 30, "r"));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), reader.Duration("a:wait", default, default, TimeSpan.FromHours(1), "r"));
        Assert.Equal(LogLevel.Warning, reader.Choice("a:level", LogLevel.Debug, "r"));
        Assert.Equal(IPAddress.IPv6Loopback, reader.Address("a:at", IPAddress.Loopback, "r"));
        Assert.Equal(4222, reader.Port("a:port", 1, "r"));
        Assert.Equal(["x", "y,z"], reader.Texts("a:list", "r"));
        Assert.Equal(["x,y"], reader.Texts("a:one", "r"));
        reader.ThrowIfWrong();
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    public void Durations_have_a_unit(string text, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Reader($"a: {text}").Duration("a", default, default, TimeSpan.FromDays(1), "r"));

    [Fact]
    public void Flags_and_the_environment_separate_list_items_with_commas()
    {
        var reader = new SettingsReader(new SettingsSources().AddFlags(["--a", "x, y", "--b="]));

        Assert.Equal(["x", "y"], reader.Texts("a", "r"));
        Assert.Empty(reader.Texts("b", "r"));
    }

    [Fact]
    public void Lists_of_sections_are_read_item_by_item()
    {
        var reader = Reader("users:\n  - name: ann\n    age: 3\n  - name: bob\n");

        var users = reader.List("users", static (r, at) => (r.RequiredText($"{at}:name", "who"), r.Number($"{at}:age", 0, 0, 150, "years")));

        Assert.Equal([("ann", 3), ("bob", 0)], users);
        reader.ThrowIfWrong();
        Assert.Equal(["users:[]:name", "users:[]:age"], reader.Descriptions.Select(static description => description.Key));
    }

    [Fact]
    public void Lists_are_documented_even_where_they_are_empty()
    {
        var reader = Reader("");

        Assert.Empty(reader.List("users", static (r, at) => r.RequiredText($"{at}:name", "who")));

        reader.ThrowIfWrong();
        Assert.Equal("users:[]:name", Assert.Single(reader.Descriptions).Key);
    }

    [Fact]
    public void An_unknown_key_stops_the_start_with_its_line_and_the_key_that_was_meant()
    {
        var reader = Reader("nats:\n  port: 1\n  prot: 2\n");
        reader.Port("nats:port", 4222, "r");

        Assert.Equal("test.yaml line 3: unknown key 'nats:prot', did you mean 'nats:port'?", Assert.Single(Mistakes(reader)));
    }

    [Fact]
    public void An_unknown_key_of_a_list_item_is_refused()
    {
        var reader = Reader("users:\n  - name: ann\n    nmae: ann\n");
        reader.List("users", static (r, at) => r.Text($"{at}:name", "", "who"));

        Assert.StartsWith("test.yaml line 3: unknown key 'users:0:nmae'", Assert.Single(Mistakes(reader)), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_values_of_every_source_are_reported_together()
    {
        var sources = SettingsSourcesTests.FromYaml("a: x\nb: 70000\nc: 5\nd: maybe\ne: loud\nf: 1.2.3.4.5\n")
            .AddEnvironment(new Hashtable { ["ROBUSTMQ_G"] = "1TB" })
            .AddFlags(["--h", "z"]);
        var reader = new SettingsReader(sources);
        reader.Number("a", 0, 0, 9, "r");
        reader.Port("b", 0, "r");
        reader.Duration("c", default, default, TimeSpan.FromHours(1), "r");
        reader.Flag("d", false, "r");
        reader.Choice("e", LogLevel.Debug, "r");
        reader.Address("f", IPAddress.Any, "r");
        reader.Bytes("g", 0, 0, 1, "r");
        reader.Number("h", 0, 0, 9, "r");

        var mistakes = Mistakes(reader);

        Assert.Equal(8, mistakes.Count);
        Assert.Equal("test.yaml line 1: 'a' is no number from 0 to 9", mistakes[0]);
        Assert.StartsWith("environment ROBUSTMQ_G: 'g'", mistakes[6], StringComparison.Ordinal);
        Assert.StartsWith("flag --h: 'h'", mistakes[7], StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_is_no_choice() => Assert.Single(Mistakes(Read("a: 3", static r => r.Choice("a", LogLevel.Debug, "r"))));

    [Fact]
    public void A_required_key_that_is_missing_is_a_mistake() =>
        Assert.Equal("a: is required", Assert.Single(Mistakes(Read("", static r => r.RequiredText("a", "r")))));

    [Fact]
    public void Sections_of_other_processes_may_stand_in_a_shared_file_but_not_in_flags()
    {
        var sources = SettingsSourcesTests.FromYaml("mqtt:\n  port: 1883\nnats:\n  port: 1\nnast:\n  port: 1\n").AddFlags(["--kafka:port", "1"]);
        var reader = new SettingsReader(sources);
        reader.Port("nats:port", 4222, "r");

        var mistakes = Mistakes(reader);

        Assert.Equal(2, mistakes.Count);
        Assert.Contains(mistakes, static mistake => mistake.StartsWith("test.yaml line 6: unknown key 'nast:port'", StringComparison.Ordinal));
        Assert.Contains(mistakes, static mistake => mistake.StartsWith("flag --kafka:port: unknown key", StringComparison.Ordinal));
    }

    [Fact]
    public void A_secret_comes_from_its_key_or_from_a_file_and_from_both_is_a_mistake()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "from file\n");

            Assert.Equal("direct", Reader("a: direct").Secret("a", "r"));
            Assert.Equal("from file", Reader($"a_file: {file}").Secret("a", "r"));
            Assert.Single(Mistakes(Read($"a: direct\na_file: {file}", static r => r.Secret("a", "r"))));
            Assert.Single(Mistakes(Read("a_file: /nowhere/secret", static r => r.Secret("a", "r"))));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void No_mistake_repeats_a_value() =>
        Assert.DoesNotContain("hunter2", Assert.Single(Mistakes(Read("a: hunter2", static r => r.Number("a", 0, 0, 1, "r")))), StringComparison.Ordinal);

    private static SettingsReader Reader(string yaml) => new(SettingsSourcesTests.FromYaml(yaml));

    private static SettingsReader Read(string yaml, Action<SettingsReader> read)
    {
        var reader = Reader(yaml);
        read(reader);
        return reader;
    }

    private static IReadOnlyList<string> Mistakes(SettingsReader reader) => Assert.Throws<ConfigurationException>(reader.ThrowIfWrong).Mistakes;
}
