using RobustMQ.Records;
using RobustMQ.StorageNode.Mapping;
using Proto = RobustMQ.Protos.V1;

namespace RobustMQ.StorageNode.Streams;

/// <summary>The logs that one stream speaks of, checked and parsed once each. For one thread.</summary>
internal sealed class LogNames
{
    /// <summary>A stream that names more logs than this begins to parse them again.</summary>
    private const int KnownMax = 4096;

    private readonly Dictionary<Proto.TopicPartition, TopicPartition> _known = [];
    private Proto.TopicPartition? _lastMessage;
    private TopicPartition _last;

    /// <exception cref="FormatException">No log can have this name.</exception>
    public TopicPartition Parse(Proto.TopicPartition? message)
    {
        if (message is not null && message.Equals(_lastMessage))
            return _last;
        if (message is null || !_known.TryGetValue(message, out var log))
        {
            log = Names.ToLog(message);
            if (_known.Count == KnownMax)
                _known.Clear();
            _known[message!] = log;
        }
        _lastMessage = message;
        return _last = log;
    }
}
