using Microsoft.Extensions.Logging;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>
/// Loggers for a listener that serves raw connections: Kestrel opens a logging scope for the life of every connection, which nobody's output shows and which an idle connection would pay
/// for with its execution context.
/// </summary>
internal sealed class ScopelessLoggers(ILoggerFactory inner) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Logger(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>The loggers are their owner's.</summary>
    public void Dispose()
    {
    }

    private sealed class Logger(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            inner.Log(logLevel, eventId, state, exception, formatter);
    }
}
