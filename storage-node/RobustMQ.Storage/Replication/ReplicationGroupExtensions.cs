namespace RobustMQ.Storage.Replication;

internal static class ReplicationGroupExtensions
{
    public static async Task<OperationResult> ProposeOneAsync(this IReplicationGroup group, Operation operation) =>
        (await group.ProposeAsync(operation).ConfigureAwait(false))[0];

    public static async Task<OperationResult> ProposeOneHereAsync(this IReplicationGroup group, Operation operation) =>
        (await group.ProposeHereAsync(operation).ConfigureAwait(false))[0];
}
