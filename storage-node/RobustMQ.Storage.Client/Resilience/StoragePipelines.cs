using Polly;
using Polly.CircuitBreaker;
using Polly.Registry;
using Polly.Retry;
using Polly.Timeout;

namespace RobustMQ.Storage.Client.Resilience;

/// <summary>
/// Every repeat, pause and timeout of a client, by name. Nothing else in it waits for a clock, except that <see cref="Appends.AppendQueue"/> compares ages when
/// <see cref="ExpiryInterval"/> comes round: a timer per append would cost more than the append.
/// </summary>
internal sealed class StoragePipelines : IAsyncDisposable
{
    private static readonly ResiliencePropertyKey<TimeSpan> ServerWait = new("robustmq.server-wait");
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);

    private readonly ResiliencePipelineRegistry<string> _registry = new();
    private readonly CircuitBreakerManualControl _circuit = new();
    private readonly StorageClientOptions _options;
    private readonly TimeProvider _time;

    public StoragePipelines(StorageClientOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        ExpiryInterval = TimeSpan.FromMilliseconds(Math.Clamp(options.RetryTime.TotalMilliseconds / 20, 20, 1000));
        Connect = Add("storage-connect", builder => builder
            .AddRetry(Forever(static error => error is not null))
            .AddTimeout(options.ConnectTimeout));
        Stream = Add("storage-stream", builder => builder
            .AddRetry(Forever(Failures.MayOpenAgain))
            .AddTimeout(options.ConnectTimeout));
        Query = Add("storage-query", builder => Call(builder, Failures.MayRepeatQuery));
        Change = Add("storage-change", builder => Call(builder, Failures.MayRepeatChange));
        Repair = Add("storage-repair", builder => builder
            .AddRetry(Forever(static error => error is not null)));
    }

    /// <summary>Connects to the storage-node; tries until it has.</summary>
    public ResiliencePipeline Connect { get; }

    /// <summary>Opens a stream beside; tries until it stands or is refused for what it asks.</summary>
    public ResiliencePipeline Stream { get; }

    /// <summary>Calls that may be made twice: repeated whatever became of the first.</summary>
    public ResiliencePipeline Query { get; }

    /// <summary>Calls that may not: repeated only where the storage-node cannot have seen the first.</summary>
    public ResiliencePipeline Change { get; }

    /// <summary>Brings a log's refused appends back on their way; tries until they are.</summary>
    public ResiliencePipeline Repair { get; }

    /// <summary>How often appends are looked through for those whose time is over.</summary>
    public TimeSpan ExpiryInterval { get; }

    /// <summary>From now on calls fail at once.</summary>
    public Task OpenCircuitAsync() => _circuit.IsolateAsync();

    public Task CloseCircuitAsync() => _circuit.CloseAsync();

    /// <summary>A context for one call.</summary>
    /// <param name="serverWait">What the call itself asks the storage-node to wait, on top of the usual time.</param>
    public static ResilienceContext Rent(TimeSpan serverWait, CancellationToken cancellationToken)
    {
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(ServerWait, serverWait);
        return context;
    }

    public static void Return(ResilienceContext context) => ResilienceContextPool.Shared.Return(context);

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    private ResiliencePipeline Add(string name, Action<ResiliencePipelineBuilder> configure) =>
        _registry.GetOrAddPipeline(name, builder =>
        {
            builder.TimeProvider = _time;
            configure(builder);
        });

    private void Call(ResiliencePipelineBuilder builder, Func<Exception?, bool> mayRepeat) => builder
        .AddTimeout(Within(_options.RetryTime))
        .AddRetry(Forever(mayRepeat))
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            ManualControl = _circuit,
            // Opened and closed by the connection, which knows better than a count of failures.
            ShouldHandle = static _ => PredicateResult.False(),
        })
        .AddTimeout(Within(_options.CallTimeout));

    private RetryStrategyOptions Forever(Func<Exception?, bool> mayRepeat) =>
        new()
        {
            // gRPC tells of a call that was lost while it was written to by a cancellation too: only the caller's own ends the attempts.
            ShouldHandle = arguments => new ValueTask<bool>(
                !arguments.Context.CancellationToken.IsCancellationRequested && mayRepeat(arguments.Outcome.Exception)),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = FirstDelay,
            MaxDelay = _options.ReconnectDelayMax,
        };

    private static TimeoutStrategyOptions Within(TimeSpan time) =>
        new()
        {
            TimeoutGenerator = arguments =>
                new ValueTask<TimeSpan>(time + arguments.Context.Properties.GetValue(ServerWait, TimeSpan.Zero)),
        };
}
