namespace RobustMQ.Records.Consumers;

/// <summary>
/// Names one consumer of a namespace. The name is 1 to 512 bytes of UTF-8 without control characters; gateways put a path in front so that their consumers do not meet
/// and can be listed: <c>mqtt/sessions/&lt;client id&gt;</c>, <c>amqp/queues/&lt;name&gt;</c>, <c>mq9/&lt;address&gt;/&lt;group&gt;</c>, <c>js/&lt;stream&gt;/&lt;consumer&gt;</c>.
/// </summary>
public readonly record struct ConsumerRef(Namespace Namespace, string Name)
{
    public const int NameBytesMax = 512;

    public override string ToString() => $"{Namespace}/{Name}";
}
