using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Logs;
using RobustMQ.Storage.Client;

namespace RobustMQ.Amqp.Gateway.Tests.Support;

/// <summary>A storage client that throws where it should not: at chosen appends to a topic or reads of it, or the first time that a consumer is made or deleted.</summary>
internal sealed class FaultyStorage(IStorageClient inner) : StorageOver(inner)
{
    private int _appends;

    /// <summary>Whose appends and reads are looked at.</summary>
    public TopicName Topic { get; init; }

    /// <summary>What the nth append to the topic throws, from 1; null: it is stored.</summary>
    public Func<int, Exception?> OfAppend { get; init; } = static _ => null;

    /// <summary>Thrown by the call itself, and not by what it returns.</summary>
    public bool IsThrownAtOnce { get; init; }

    /// <summary>What every read of the topic throws; null: it is answered.</summary>
    public Exception? OfRead { get; set; }

    /// <summary>What making a consumer of this name throws, once.</summary>
    public (string Consumer, Exception Error)? OfCreation { get; set; }

    /// <summary>What deleting a consumer of this name throws, once.</summary>
    public (string Consumer, Exception Error)? OfDeletion { get; set; }

    public int Appends => Volatile.Read(ref _appends);

    public override IConsumerClient Consumers => FaultyConsumers.Over(base.Consumers, this);

    public override ValueTask<AppendResult> AppendAsync(in AppendRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Log.Topic != Topic || OfAppend(Interlocked.Increment(ref _appends)) is not { } error)
            return base.AppendAsync(request, cancellationToken);
        return IsThrownAtOnce ? throw error : ThrowLaterAsync(error);
    }

    public override async ValueTask<ReadResult> ReadAsync(ReadRequest request, CancellationToken cancellationToken = default) =>
        request.Log.Topic == Topic && OfRead is { } error ? throw error : await base.ReadAsync(request, cancellationToken);

    private static async ValueTask<AppendResult> ThrowLaterAsync(Exception error)
    {
        await Task.Yield();
        throw error;
    }

    [SuppressMessage("Performance", "CA1852", Justification = "The proxy is a type derived from this one, made at run time.")]
    public class FaultyConsumers : DispatchProxy
    {
        private IConsumerClient _inner = null!;
        private FaultyStorage _storage = null!;

        internal static IConsumerClient Over(IConsumerClient inner, FaultyStorage storage)
        {
            var client = Create<IConsumerClient, FaultyConsumers>();
            ((FaultyConsumers)(object)client)._inner = inner;
            ((FaultyConsumers)(object)client)._storage = storage;
            return client;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments)
        {
            if (arguments?[0] is ConsumerSpec spec && _storage.OfCreation is { } fault && fault.Consumer == spec.Consumer.Name)
            {
                _storage.OfCreation = null;
                throw fault.Error;
            }
            if (arguments?[0] is ConsumerDelete delete && _storage.OfDeletion is { } deletion && deletion.Consumer == delete.Consumer.Name)
            {
                _storage.OfDeletion = null;
                throw deletion.Error;
            }
            return method!.Invoke(_inner, arguments);
        }
    }
}
