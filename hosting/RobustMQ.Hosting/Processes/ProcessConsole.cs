using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace RobustMQ.Hosting.Processes;

/// <summary>One line an event, UTC, to stderr: stdout belongs to the listener lines and <c>ready</c>.</summary>
public static class ProcessConsole
{
    public static ILoggingBuilder AddProcessConsole(this ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(static options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        // The web host's own start and failure messages repeat, at length, what the process says itself.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        // A storage-node that cannot be reached is said once, by the client that looks for it.
        logging.AddFilter("Grpc", LogLevel.Error);
        logging.Services.Configure<ConsoleLoggerOptions>(static options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        return logging;
    }
}
