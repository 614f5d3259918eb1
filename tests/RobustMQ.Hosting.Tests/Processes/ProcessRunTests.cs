using System.Collections;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Configuration;
using RobustMQ.Hosting.Processes;

namespace RobustMQ.Hosting.Tests.Processes;

public sealed class ProcessRunTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly LineWriter _output = new();
    private readonly LineWriter _errors = new();
    private readonly StopSignal _signal = new();
    private readonly List<string> _events = [];
    private readonly List<IProcessPart> _parts = [];

    public void Dispose()
    {
        _output.Dispose();
        _errors.Dispose();
        _signal.Dispose();
    }

    [Fact]
    public async Task A_process_says_where_it_listens_then_ready_and_drains_in_reverse_order_when_told_to_stop()
    {
        _parts.AddRange([new FakePart("storage", _events), new FakePart("nats", _events)]);
        var run = Run();
        await _output.WaitForAsync("ready");
        _signal.Raise();

        Assert.Equal(0, await run.WaitAsync(Deadline));
        Assert.Equal(["start storage", "start nats", "drain nats", "drain storage", "dispose nats", "dispose storage"], _events);
        Assert.Equal("storage      127.0.0.1:4222", _output.Lines[0]);
        Assert.Equal("nats         127.0.0.1:4222", _output.Lines[1]);
        Assert.StartsWith("admin        http://127.0.0.1:", _output.Lines[2], StringComparison.Ordinal);
        Assert.Equal("ready", _output.Lines[3]);
        Assert.Empty(_errors.Lines);
    }

    [Fact]
    public async Task Health_tells_every_stage_and_turns_unavailable_with_one_of_them()
    {
        var part = new FakePart("nats", _events);
        _parts.Add(part);
        var run = Run();
        using var http = await AdminClientAsync();

        var well = await http.GetFromJsonAsync<JsonElement>("/healthz");
        Assert.Equal("ok", well.GetProperty("status").GetString());
        Assert.Equal(["process", "nats"], well.GetProperty("stages").EnumerateArray().Select(static stage => stage.GetProperty("name").GetString()));

        part.IsHealthy = false;
        using var ill = await http.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ill.StatusCode);
        Assert.Equal("ok\n", await http.GetStringAsync("/livez"));
        await StopAsync(run);
    }

    [Fact]
    public async Task A_draining_process_is_alive_and_not_ready()
    {
        var blocker = new TaskCompletionSource();
        var part = new FakePart("nats", _events) { DrainBlocker = blocker.Task };
        _parts.Add(part);
        var run = Run();
        using var http = await AdminClientAsync();
        _signal.Raise();

        while ((await http.GetAsync("/healthz")).StatusCode == HttpStatusCode.OK)
            await Task.Yield();
        Assert.Equal("ok\n", await http.GetStringAsync("/livez"));
        blocker.SetResult();
        Assert.Equal(0, await run.WaitAsync(Deadline));
    }

    [Fact]
    public async Task A_second_signal_cuts_the_drain_short()
    {
        _parts.Add(new FakePart("nats", _events) { DrainBlocker = new TaskCompletionSource().Task });
        var run = Run("--admin:drain_timeout", "1h");
        await _output.WaitForAsync("ready");
        _signal.Raise();
        _signal.Raise();

        Assert.Equal(0, await run.WaitAsync(Deadline));
        Assert.Contains("nats did not drain", Assert.Single(_errors.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_of_our_own_meters_are_exported_and_those_of_others_are_not()
    {
        using var mine = new System.Diagnostics.Metrics.Meter("RobustMQ.Test");
        using var other = new System.Diagnostics.Metrics.Meter("Other.Test");
        mine.CreateObservableCounter("things", static () => 42L);
        other.CreateObservableCounter("things", static () => 43L);
        var run = Run();
        using var http = await AdminClientAsync();

        var text = await http.GetStringAsync("/metrics");

        Assert.Contains("robustmq_test_things 42", text, StringComparison.Ordinal);
        Assert.DoesNotContain("other_test", text, StringComparison.Ordinal);
        await StopAsync(run);
    }

    [Fact]
    public async Task Parts_add_pages_to_the_admin_listener_and_everything_else_is_not_found()
    {
        _parts.Add(new FakePart("nats", _events));
        var run = Run();
        using var http = await AdminClientAsync();

        Assert.Equal("mine", await http.GetStringAsync("/natsz"));
        using var missing = await http.GetAsync("/nowhere");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        using var posted = await http.PostAsync("/healthz", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
        await StopAsync(run);
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_and_exit_code_1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        Assert.Equal(1, await Run("--admin:port", $"{port}").WaitAsync(Deadline));

        var line = Assert.Single(_errors.Lines);
        Assert.Contains($"{port}", line, StringComparison.Ordinal);
        Assert.Contains("in use", line, StringComparison.Ordinal);
        Assert.Empty(_output.Lines);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_part_that_cannot_start_is_one_line_without_a_stack_trace(bool isExpected)
    {
        _parts.Add(new FakePart("nats", _events)
        {
            StartFailure = isExpected ? new StartException("nats: bad\ncertificate") : new InvalidOperationException("nats: bad\ncertificate"),
        });

        Assert.Equal(1, await Run().WaitAsync(Deadline));

        Assert.Equal("test: nats: bad certificate", Assert.Single(_errors.Lines));
        Assert.Equal(["start nats", "dispose nats"], _events);
        Assert.DoesNotContain("ready", _output.Lines);
    }

    [Fact]
    public async Task Checking_a_configuration_starts_nothing()
    {
        _parts.Add(new FakePart("nats", _events));

        Assert.Equal(0, await Run("--check-config").WaitAsync(Deadline));

        Assert.Equal(["configuration ok"], _output.Lines);
        Assert.Equal(["dispose nats"], _events);
    }

    [Fact]
    public async Task A_wrong_configuration_is_one_line_for_each_mistake_and_exit_code_1()
    {
        Assert.Equal(1, await Run("--check-config", "--admin:prot", "1", "--log:level", "loud").WaitAsync(Deadline));

        Assert.Equal(2, _errors.Lines.Count);
        Assert.All(_errors.Lines, static line => Assert.StartsWith("test: flag --", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_lists_every_key_with_its_default_and_reason()
    {
        Assert.Equal(0, await Run("--help").WaitAsync(Deadline));

        Assert.Contains(_output.Lines, static line => line.Contains("--admin:port <number 0..65535>  (default 7071)", StringComparison.Ordinal));
        Assert.Contains(_output.Lines, static line => line.Contains("--log:level", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_file_may_be_named_by_flag_or_environment()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "log:\n  level: loud\n");

            Assert.Equal(1, await Run("--check-config", "--config", file).WaitAsync(Deadline));
            Assert.Equal(1, await Run(new Hashtable { ["ROBUSTMQ_CONFIG"] = file }, "--check-config").WaitAsync(Deadline));

            Assert.All(_errors.Lines, line => Assert.StartsWith($"test: {file} line 2: 'log:level'", line, StringComparison.Ordinal));
            Assert.Equal(2, _errors.Lines.Count);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private Task<int> Run(params string[] arguments) => Run(new Hashtable(), arguments);

    private Task<int> Run(Hashtable environment, params string[] arguments)
    {
        if (!arguments.Contains("--admin:port"))
            environment["ROBUSTMQ_ADMIN__PORT"] = "0";
        IReadOnlyList<IProcessPart> Build(SettingsReader settings, ILoggerFactory loggers) => _parts;
        var run = new ProcessRun("test", 7071, Build, _output, _errors, _signal);
        return Task.Run(() => run.RunAsync(CommandLine.Parse(arguments, environment)));
    }

    private async Task<HttpClient> AdminClientAsync()
    {
        await _output.WaitForAsync("ready");
        var admin = _output.Lines.First(static line => line.StartsWith("admin", StringComparison.Ordinal));
        return new HttpClient { BaseAddress = new Uri(admin.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]), Timeout = Deadline };
    }

    private async Task StopAsync(Task<int> run)
    {
        _signal.Raise();
        Assert.Equal(0, await run.WaitAsync(Deadline));
    }
}
