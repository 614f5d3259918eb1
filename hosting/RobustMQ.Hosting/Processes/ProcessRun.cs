using System.Reflection;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Admin;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Processes;

/// <summary>One run of a process from its command line to its exit code.</summary>
internal sealed class ProcessRun(
    string processName,
    int defaultAdminPort,
    Func<SettingsReader, ILoggerFactory, IReadOnlyList<IProcessPart>> build,
    TextWriter output,
    TextWriter errors,
    StopSignal signal)
{
    private readonly ProcessStage _stage = new();

    public async Task<int> RunAsync(CommandLine command)
    {
        var settings = new SettingsReader(command.Sources);
        var parts = new List<IProcessPart>();
        try
        {
            if (command.IsVersion)
            {
                var version = typeof(ProcessRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
                await output.WriteLineAsync($"{processName} {version}").ConfigureAwait(false);
                return 0;
            }
            var common = CommonOptions.Read(settings, defaultAdminPort);
            using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(common.LogLevel).AddProcessConsole());
            parts.AddRange(build(settings, loggers));
            if (command.IsHelp)
            {
                HelpText.Write(output, processName, settings.Descriptions);
                return 0;
            }
            settings.ThrowIfWrong();
            if (command.IsCheck)
            {
                await output.WriteLineAsync("configuration ok").ConfigureAwait(false);
                return 0;
            }
            await RunPartsAsync(common, parts, loggers).ConfigureAwait(false);
            return 0;
        }
        catch (ConfigurationException error)
        {
            foreach (var mistake in error.Mistakes)
                await errors.WriteLineAsync($"{processName}: {mistake}").ConfigureAwait(false);
            return 1;
        }
        catch (OperationCanceledException) when (signal.Stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            await errors.WriteLineAsync($"{processName}: {OneLine(error.Message)}").ConfigureAwait(false);
            return 1;
        }
        finally
        {
            for (var at = parts.Count - 1; at >= 0; at--)
                await parts[at].DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RunPartsAsync(CommonOptions common, List<IProcessPart> parts, ILoggerFactory loggers)
    {
        await using var admin = new AdminListener(common, parts, _stage, loggers);
        await admin.StartAsync(signal.Stop).ConfigureAwait(false);
        foreach (var part in parts)
            await part.StartAsync(signal.Stop).ConfigureAwait(false);

        _stage.EnterRunning();
        foreach (var listener in parts.SelectMany(static part => part.Listeners).Append(admin.EndPoint))
            await output.WriteLineAsync($"{listener.Name,-12} {listener.Address}").ConfigureAwait(false);
        await output.WriteLineAsync("ready").ConfigureAwait(false);
        await output.FlushAsync().ConfigureAwait(false);

        await WaitForStopAsync().ConfigureAwait(false);
        _stage.EnterDraining();
        await DrainAsync(parts, common.DrainTimeout).ConfigureAwait(false);
    }

    private async Task WaitForStopAsync()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (signal.Stop.Register(stopped.SetResult).ConfigureAwait(false))
            await stopped.Task.ConfigureAwait(false);
    }

    /// <summary>Gateways first, then what they stand on. A part that does not leave in time is cut off when it is disposed.</summary>
    private async Task DrainAsync(List<IProcessPart> parts, TimeSpan timeout)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(signal.Hurry);
        limit.CancelAfter(timeout);
        for (var at = parts.Count - 1; at >= 0; at--)
        {
            try
            {
                await parts[at].DrainAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                await errors.WriteLineAsync($"{processName}: {parts[at].Name} did not drain within {timeout.TotalSeconds:0.#}s").ConfigureAwait(false);
            }
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
