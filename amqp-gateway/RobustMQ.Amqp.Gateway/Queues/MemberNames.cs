using RobustMQ.Records.Consumers;

namespace RobustMQ.Amqp.Gateway.Queues;

/// <summary>How members of a queue's consumer are called: those that are consumers, and those that only fetch now and then.</summary>
internal static class MemberNames
{
    public const string Consumer = "c/";

    public const string Getter = "g/";

    public static int CountConsumers(ConsumerState state) => state.Members.Count(static member => member.Member.StartsWith(Consumer, StringComparison.Ordinal));
}
