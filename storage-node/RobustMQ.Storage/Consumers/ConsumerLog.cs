using Microsoft.Extensions.Logging;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Consumers;

internal static partial class ConsumerLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "Consumer {Consumer} failed; it goes on in a moment")]
    public static partial void Failed(ILogger logger, ConsumerRef consumer, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "Member {Member} of consumer {Consumer} failed to take what was delivered")]
    public static partial void ReceiverFailed(ILogger logger, ConsumerRef consumer, string member, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consumer {Consumer} has no place for its dead letters ({Error}): they wait")]
    public static partial void NotBuried(ILogger logger, ConsumerRef consumer, ErrorCode error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The change of topic {Topic} could not be put in force for consumer {Consumer}")]
    public static partial void NotFollowed(ILogger logger, TopicName topic, ConsumerRef consumer, Exception error);
}
