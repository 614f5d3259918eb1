namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>How long a test waits for what must happen.</summary>
internal static class Limits
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
}
