namespace RobustMQ.Mqtt.Gateway.Tests.Support;

/// <summary>Asks until the answer is yes; fails when it takes too long.</summary>
internal static class Poll
{
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (!await isSo())
            await Task.Delay(50, limit.Token);
    }
}
