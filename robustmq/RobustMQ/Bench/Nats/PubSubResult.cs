namespace RobustMQ.Bench.Nats;

/// <summary>One run of a scenario.</summary>
/// <param name="Seconds">From the first byte sent until the last message was there (publish only: until the server had taken in all).</param>
internal sealed record PubSubResult(string Server, string ServerVersion, PubSubScenario Scenario, double Seconds, long Published, long Delivered)
{
    /// <summary>Deliveries a second; publishes where nobody subscribes.</summary>
    public double Rate => (Scenario.Subscribers > 0 ? Delivered : Published) / Seconds;

    public double MegabytesPerSecond => Rate * Scenario.PayloadBytes / 1e6;

    public long Lost => Math.Max(0, Scenario.ExpectedDeliveries - Delivered);
}
