using RobustMQ.GatewayKit.Identity.Grants;
using RobustMQ.GatewayKit.Identity.Scram;
using RobustMQ.GatewayKit.Identity.Stored;
using RobustMQ.Records;

namespace RobustMQ.GatewayKit.Tests.Identity.Stored;

/// <summary>What tests of every gateway change in a store, in short words.</summary>
internal static class StoreChanges
{
    public static Grant Allow(string topic, GrantOperation operation) => new(GrantResource.Topic, topic, IsPrefix: false, operation, IsDenied: false);

    public static Grant Deny(string topic, GrantOperation operation) => Allow(topic, operation) with { IsDenied = true };

    public static async Task PutAsync(this UserStore store, string user, string password)
    {
        await store.Known;
        Assert.Equal(ErrorCode.None, await store.ChangeUserAsync(
            Namespace.Default, user, _ => new StoredUser(user, Namespace.Default, [ScramVerifier.Create(ScramMechanism.Sha256, password)])));
    }

    public static async Task RemoveAsync(this UserStore store, string user) =>
        Assert.Equal(ErrorCode.None, await store.ChangeUserAsync(Namespace.Default, user, static user => user! with { Verifiers = [] }));

    /// <summary>In the place of what was granted before; before there is a user it has its grants when it can log in.</summary>
    public static async Task GrantAsync(this UserStore store, string user, params Grant[] grants)
    {
        await store.Known;
        Assert.Equal(ErrorCode.None, await store.ChangeGrantsAsync(Namespace.Default, user, _ => grants));
    }
}
