using System.Diagnostics;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

/// <summary>Waits for what nothing tells, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(5);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < AmqpCluster.Deadline, $"did not happen: {what}");
            await Task.Delay(Between);
        }
    }
}
