using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using RobustMQ.Hosting.Admin;
using RobustMQ.Hosting.Configuration;

namespace RobustMQ.Hosting.Processes;

/// <summary>
/// The life of a process: read the configuration, start the parts, say where they listen and then <c>ready</c>, drain on SIGTERM or SIGINT, exit 0. What is wrong at the
/// start is one line on stderr and exit code 1.
/// </summary>
public static class ProcessRunner
{
    public const string DefaultFile = "robustmq.yaml";

    /// <param name="arguments">Flags only: <c>--config FILE</c>, <c>--check-config</c>, <c>--help</c> and <c>--key value</c>.</param>
    /// <param name="build">Makes the parts from the settings; every key it reads is a known one.</param>
    public static async Task<int> RunAsync(
        string processName, string[] arguments, int defaultAdminPort, Func<SettingsReader, ILoggerFactory, IReadOnlyList<IProcessPart>> build)
    {
        var command = CommandLine.Parse(arguments);
        var settings = new SettingsReader(command.Sources);
        var parts = new List<IProcessPart>();
        try
        {
            var common = CommonOptions.Read(settings, defaultAdminPort);
            using var loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(common.LogLevel).AddProcessConsole());
            parts.AddRange(build(settings, loggers));
            if (command.IsHelp)
                return HelpText.Print(processName, settings.Descriptions);
            settings.ThrowIfWrong();
            if (command.IsCheck)
            {
                Console.WriteLine("configuration ok");
                return 0;
            }
            return await RunPartsAsync(common, parts, loggers).ConfigureAwait(false);
        }
        catch (ConfigurationException error)
        {
            foreach (var mistake in error.Mistakes)
                await Console.Error.WriteLineAsync($"{processName}: {mistake}").ConfigureAwait(false);
            return 1;
        }
        catch (StartException error)
        {
            await Console.Error.WriteLineAsync($"{processName}: {error.Message}").ConfigureAwait(false);
            return 1;
        }
        finally
        {
            for (var at = parts.Count - 1; at >= 0; at--)
                await parts[at].DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<int> RunPartsAsync(CommonOptions common, List<IProcessPart> parts, ILoggerFactory loggers)
    {
        using var stop = new StopSignal();
        await using var admin = new AdminListener(common, parts, loggers);
        await admin.StartAsync(stop.Token).ConfigureAwait(false);
        foreach (var part in parts)
            await part.StartAsync(stop.Token).ConfigureAwait(false);

        foreach (var listener in parts.SelectMany(static part => part.Listeners).Append(admin.EndPoint))
            Console.WriteLine($"{listener.Name,-12} {listener.Address}");
        Console.WriteLine("ready");
        await Console.Out.FlushAsync().ConfigureAwait(false);

        await stop.Task.ConfigureAwait(false);
        using var limit = new CancellationTokenSource(common.DrainTimeout);
        // Gateways first, then what they stand on.
        for (var at = parts.Count - 1; at >= 0; at--)
            await parts[at].DrainAsync(limit.Token).ConfigureAwait(false);
        return 0;
    }

    private sealed class StopSignal : IDisposable
    {
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenSource _source = new();
        private readonly PosixSignalRegistration _terminate;
        private readonly PosixSignalRegistration _interrupt;

        public StopSignal()
        {
            _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
            _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        }

        public Task Task => _stopped.Task;

        public CancellationToken Token => _source.Token;

        public void Dispose()
        {
            _terminate.Dispose();
            _interrupt.Dispose();
            _source.Dispose();
        }

        private void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            _stopped.TrySetResult();
            _source.Cancel();
        }
    }
}
