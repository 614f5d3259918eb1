using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using RobustMQ.GatewayKit.Live;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Subscriptions;

/// <summary>The accounts that this gateway has seen, by namespace. Thread-safe.</summary>
internal sealed class AccountRegistry(LocalInterest localInterest)
{
    private readonly ConcurrentDictionary<Namespace, NatsAccount> _accounts = new();

    public IEnumerable<NatsAccount> All => _accounts.Values;

    public int SubscriptionCount => _accounts.Values.Sum(static account => account.SubscriptionCount);

    public NatsAccount Of(Namespace ns) => _accounts.GetOrAdd(ns, static (key, interest) => new NatsAccount(key, interest), localInterest);

    public bool TryGet(Namespace ns, [NotNullWhen(true)] out NatsAccount? account) => _accounts.TryGetValue(ns, out account);
}
