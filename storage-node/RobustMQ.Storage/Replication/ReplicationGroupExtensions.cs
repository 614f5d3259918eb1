namespace RobustMQ.Storage.Replication;

internal static class ReplicationGroupExtensions
{
    public static async Task<OperationResult> ProposeOneAsync(this IReplicationGroup group, Operation operation) =>
        (await group.ProposeAsync(operation).ConfigureAwait(false))[0];
}
