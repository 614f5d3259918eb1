namespace RobustMQ.Records.Consumers;

/// <summary>What a fetch brought, in the order of delivery: several entries where records of several logs take turns. <see cref="Dispose"/> returns their memory.</summary>
public sealed class FetchResult(IReadOnlyList<Deliveries> deliveries, IDisposable? owner = null) : IDisposable
{
    private IDisposable? _owner = owner;

    public ErrorCode Error { get; init; }

    public IReadOnlyList<Deliveries> Deliveries { get; private set; } = deliveries;

    public bool Succeeded => Error == ErrorCode.None;

    public static FetchResult Failed(ErrorCode error) => new([]) { Error = error };

    public void Dispose()
    {
        Deliveries = [];
        Interlocked.Exchange(ref _owner, null)?.Dispose();
    }
}
