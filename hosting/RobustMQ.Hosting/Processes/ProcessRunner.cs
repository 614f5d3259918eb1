using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Processes;

/// <summary>
/// The life of a process: read the configuration, start the parts, say where they listen and then <c>ready</c>, drain on SIGTERM or SIGINT, exit 0. What is wrong at the
/// start is one line on stderr and exit code 1.
/// </summary>
public static class ProcessRunner
{
    public const string DefaultFile = "robustmq.yaml";

    /// <param name="arguments">Flags only: <c>--config FILE</c>, <c>--check-config</c>, <c>--help</c>, <c>--version</c> and <c>--key value</c>.</param>
    /// <param name="build">
    /// Makes the parts from the settings; every key it reads is a known one. It must neither listen nor touch data yet: it also runs for <c>--help</c> and
    /// <c>--check-config</c>, and with wrong values replaced by defaults.
    /// </param>
    public static async Task<int> RunAsync(
        string processName, string[] arguments, int defaultAdminPort, Func<SettingsReader, ILoggerFactory, IReadOnlyList<IProcessPart>> build)
    {
        using var signal = new StopSignal();
        var run = new ProcessRun(processName, defaultAdminPort, build, Console.Out, Console.Error, signal);
        return await run.RunAsync(CommandLine.Parse(arguments, Environment.GetEnvironmentVariables())).ConfigureAwait(false);
    }
}
