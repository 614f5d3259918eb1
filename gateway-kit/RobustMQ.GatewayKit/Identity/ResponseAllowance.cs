namespace RobustMQ.GatewayKit.Identity;

/// <summary>The right to answer requests on their reply subjects, wherever those are.</summary>
/// <param name="MessagesMax">Answers to one request; 0: no limit.</param>
/// <param name="Expires">Time for them; zero: no limit.</param>
public sealed record ResponseAllowance(int MessagesMax, TimeSpan Expires);
