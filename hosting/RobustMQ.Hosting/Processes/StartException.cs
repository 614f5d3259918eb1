namespace RobustMQ.Hosting.Processes;

/// <summary>A process cannot start; the message is one line for the operator (port in use, unreadable certificate, newer data format).</summary>
public sealed class StartException(string message, Exception? inner = null) : Exception(message, inner);
