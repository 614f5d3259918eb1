namespace RobustMQ.GatewayKit.Live;

/// <summary>Inbox and service subjects: delivered to those who listen now, on any gateway, and never kept.</summary>
public static class LiveOnlySubjects
{
    public static bool Contains(ReadOnlySpan<byte> subject) =>
        subject.Length > 4
        && subject[0] switch
        {
            (byte)'_' => subject.StartsWith("_INBOX."u8),
            (byte)'$' => subject.StartsWith("$JS."u8) || subject.StartsWith("$SYS."u8) || subject.StartsWith("$mq9."u8) || subject.StartsWith("$amqp."u8),
            _ => false,
        };
}
