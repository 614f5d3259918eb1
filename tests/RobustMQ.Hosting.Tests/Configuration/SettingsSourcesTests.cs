using System.Collections;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Tests.Configuration;

public sealed class SettingsSourcesTests
{
    [Fact]
    public void A_flag_outweighs_the_environment_which_outweighs_the_file()
    {
        var sources = FromYaml("nats:\n  port: 1\n  host: file\n  name: file\n")
            .AddEnvironment(new Hashtable { ["ROBUSTMQ_NATS__PORT"] = "2", ["ROBUSTMQ_NATS__HOST"] = "environment" })
            .AddFlags(["--nats:port", "3"]);

        Assert.Equal("3", sources.Settings["nats:port"].Text);
        Assert.Equal("environment", sources.Settings["nats:host"].Text);
        Assert.Equal("file", sources.Settings["nats:name"].Text);
        Assert.Equal("flag --nats:port", sources.Settings["nats:port"].Origin);
        Assert.Equal("environment ROBUSTMQ_NATS__HOST", sources.Settings["nats:host"].Origin);
        Assert.Equal("test.yaml line 4", sources.Settings["nats:name"].Origin);
        Assert.Empty(sources.Mistakes);
    }

    [Fact]
    public void Flags_take_their_value_after_a_space_or_an_equals_sign_and_mean_true_without_one()
    {
        var sources = new SettingsSources().AddFlags(["--a:b", "1", "--c=x=y", "--d", "--e"]);

        Assert.Equal("1", sources.Settings["a:b"].Text);
        Assert.Equal("x=y", sources.Settings["c"].Text);
        Assert.Equal("true", sources.Settings["d"].Text);
        Assert.Equal("true", sources.Settings["e"].Text);
    }

    [Fact]
    public void An_argument_that_is_no_flag_is_a_mistake() =>
        Assert.Contains("'start'", Assert.Single(new SettingsSources().AddFlags(["start"]).Mistakes), StringComparison.Ordinal);

    [Fact]
    public void Lists_in_the_file_become_indexed_keys()
    {
        var sources = FromYaml("auth:\n  users:\n    - name: ann\n      publish: [a, b]\n    - name: bob\n");

        Assert.Equal("ann", sources.Settings["auth:users:0:name"].Text);
        Assert.Equal("b", sources.Settings["auth:users:0:publish:1"].Text);
        Assert.Equal("test.yaml line 5", sources.Settings["auth:users:1:name"].Origin);
    }

    [Fact]
    public void One_text_of_a_later_source_replaces_a_whole_list()
    {
        var sources = FromYaml("nats:\n  advertise: [a, b]\n").AddFlags(["--nats:advertise", "c"]);

        Assert.Equal(["nats:advertise"], sources.Settings.Keys);
    }

    [Theory]
    [InlineData("a: 1\na: 2\n", "test.yaml line 2: 'a' is here twice")]
    [InlineData("a: 1\n---\nb: 2\n", "test.yaml line 2: a second document begins")]
    [InlineData("\n\njust text\n", "test.yaml line 3: expected 'key: value'")]
    [InlineData("a: &x 1\n", "test.yaml line 1: anchors")]
    [InlineData("a: 1\nb: *x\n", "test.yaml line 2: anchors")]
    [InlineData("a: 1\n  b: 2\n", "test.yaml line 2: ")]
    [InlineData("a: \"x\n", "test.yaml line ")]
    public void A_mistake_in_the_file_is_named_with_its_line(string yaml, string expected) =>
        Assert.StartsWith(expected, Assert.Single(FromYaml(yaml).Mistakes), StringComparison.Ordinal);

    [Fact]
    public void A_file_nested_too_deeply_is_a_mistake_and_no_stack_overflow() =>
        Assert.Contains("levels", Assert.Single(FromYaml("a: " + new string('[', 5000)).Mistakes), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("nats:\nlog: ~\n")]
    public void Empty_files_and_empty_sections_set_nothing(string yaml)
    {
        var sources = FromYaml(yaml);

        Assert.Empty(sources.Settings);
        Assert.Empty(sources.Mistakes);
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_mistake() =>
        Assert.StartsWith("/nowhere/robustmq.yaml: ", Assert.Single(new SettingsSources().AddFile("/nowhere/robustmq.yaml").Mistakes), StringComparison.Ordinal);

    [Fact]
    public void Kubernetes_service_links_and_the_name_of_the_file_are_no_settings()
    {
        var sources = new SettingsSources().AddEnvironment(new Hashtable
        {
            ["ROBUSTMQ_NATS_PORT"] = "tcp://10.0.0.7:4222",
            ["ROBUSTMQ_NATS_PORT_4222_TCP_ADDR"] = "10.0.0.7",
            ["ROBUSTMQ_NATS_SERVICE_HOST"] = "10.0.0.7",
            ["ROBUSTMQ_NATS_SERVICE_PORT"] = "4222",
            ["ROBUSTMQ_CONFIG"] = "/etc/robustmq.yaml",
            ["PATH"] = "/bin",
        });

        Assert.Empty(sources.Settings);
    }

    internal static SettingsSources FromYaml(string yaml) => new SettingsSources().AddYaml(new StringReader(yaml), "test.yaml");
}
