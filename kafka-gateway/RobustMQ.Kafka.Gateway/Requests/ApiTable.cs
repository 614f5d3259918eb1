namespace RobustMQ.Kafka.Gateway.Requests;

/// <summary>What this broker serves.</summary>
internal sealed class ApiTable
{
    private readonly Dictionary<short, ApiHandler> _handlers;

    public ApiTable(IEnumerable<ApiHandler> handlers)
    {
        _handlers = handlers.ToDictionary(static handler => (short)handler.Api.Key);
        Handlers = [.. _handlers.Values.OrderBy(static handler => handler.Api.Key)];
    }

    /// <summary>In the order of their keys.</summary>
    public IReadOnlyList<ApiHandler> Handlers { get; }

    public ApiHandler? Find(short key) => _handlers.GetValueOrDefault(key);
}
